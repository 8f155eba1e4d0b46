// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
package import Storage

/// What `export --raw` writes: a file for each batch and each primer of a log, as they came.
///
/// `NODE-EPOCH-PARTITION-SEQ.batch`, where SEQ is the first event that landed with it, and `NODE-IDENTIFIER.primer`.
package struct RawExport {
    /// A file could not be written.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        init(_ path: String) {
            description = "cannot write \(path): \(String(cString: strerror(errno)))"
        }
    }

    private let directory: String
    private let node: String?
    package private(set) var batches = 0
    package private(set) var primers = 0

    /// - Parameters:
    ///   - directory: made where it does not exist.
    ///   - node: only what this node sent; nil for all nodes.
    package init(directory: String, node: String?) throws(Failure) {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST else { throw Failure(directory) }
        self.directory = directory
        self.node = node
    }

    /// Writes what landed after a position, and all primers.
    package mutating func write(_ reader: HubLogReader, after start: Int64) throws {
        var position = start
        while let batch = try reader.nextBatch(after: position) {
            position = batch.position
            guard isWanted(batch.node) else { continue }
            try write(batch.bytes, to: Self.name(batch))
            batches += 1
        }
        var written = 0
        try reader.forEachPrimer { primer in
            guard isWanted(primer.node) else { return }
            try write(primer.bytes, to: "\(Self.name(primer.node))-\(primer.identifier).primer")
            written += 1
        }
        primers += written
    }

    private func isWanted(_ other: String) -> Bool { node == nil || node == other }

    private static func name(_ batch: HubLogBatch) -> String {
        let lane = "\(Epoch.name(of: batch.lane.epoch))-\(batch.lane.partition.number)"
        return "\(name(batch.node))-\(lane)-\(batch.firstLanded).batch"
    }

    /// A node names itself: what could lead out of the directory, or hide the file, becomes `%NN` (RFC 3986 section 2.1).
    private static func name(_ node: String) -> String {
        var name: [UInt8] = []
        for byte in node.utf8 {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "%"), 0...0x20, 0x7F: name += escape(byte)
            case UInt8(ascii: ".") where name.isEmpty: name += escape(byte)
            default: name.append(byte)
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        Array((byte < 16 ? "%0" : "%").utf8) + Array(String(byte, radix: 16, uppercase: true).utf8)
    }

    private func write(_ bytes: [UInt8], to name: String) throws(Failure) {
        let path = "\(directory)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Failure(path) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                let failure = Failure(path)
                close(descriptor)
                throw failure
            }
        }
        guard close(descriptor) == 0 else { throw Failure(path) }
    }
}
