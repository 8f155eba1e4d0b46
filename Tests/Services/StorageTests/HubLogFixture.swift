// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import Logging
import Storage
import TestSupport

/// A directory for one test, gone after it, and logs opened in it.
final class HubLogFixture: Sendable {
    let directory: String

    init() throws {
        var template = Array("/tmp/sluice-hublog-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.failed(path: "/tmp", reason: "mkdtemp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.remove(directory)
    }

    static let opening = BatchOpening {
        { batch, _, block in PlainBatch.decode(batch, into: &block) ? nil : .malformed("not a plain batch") }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func open(
        _ name: String = "hub",
        vfs: String? = nil,
        _ change: (inout HubLogConfiguration) -> Void = { _ in }
    ) throws -> HubLog {
        var generator = SystemRandomNumberGenerator()
        var configuration = HubLogConfiguration(directory: "\(directory)/\(name)")
        configuration.vfs = vfs
        change(&configuration)
        return try HubLog.open(
            configuration,
            randomID: { generator.next() },
            logger: Self.quiet,
            opening: Self.opening
        )
    }

    /// Copies a state directory as a power cut would leave it while the writer is idle.
    func copy(_ name: String = "hub", to target: String) throws {
        Self.remove("\(directory)/\(target)")
        mkdir("\(directory)/\(target)", 0o700)
        for file in ["hub.db", "hub.db-wal", "hub.id"] {
            guard let bytes = Self.contents("\(directory)/\(name)/\(file)") else { continue }
            try Self.write(bytes, to: "\(directory)/\(target)/\(file)")
        }
    }

    static func contents(_ path: String) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return count == bytes.count ? bytes : nil
    }

    static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw StoreError.failed(path: path, reason: "short write") }
    }

    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let child = "\(path)/\(name)"
            var status = stat()
            if lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove(child) } else { unlink(child) }
        }
        rmdir(path)
    }
}

extension EventBlock {
    /// Events whose content follows from their sequences, so that any mix-up shows.
    static func sample(_ range: ClosedRange<UInt64>, salt: UInt64 = 0) -> EventBlock {
        var block = EventBlock()
        for sequence in range {
            block.append(
                sequence: sequence,
                timestamp: Int64(1_000 + sequence),
                topic: "site/\(salt)/\(sequence % 7)",
                attributes: sequence.isMultiple(of: 5) ? [2] : [],
                payload: Array("value \(sequence) \(salt)".utf8)
            )
        }
        return block
    }
}

extension Lane {
    static func sample(_ epoch: UInt64 = 0xE1, _ partition: UInt32 = 1) -> Lane {
        Lane(epoch: epoch, partition: Partition(number: partition))
    }
}

extension HubLog {
    func land(
        _ range: ClosedRange<UInt64>,
        node: String = "pump",
        lane: Lane = .sample(),
        salt: UInt64 = 0
    ) async throws -> Landed {
        let block = EventBlock.sample(range, salt: salt)
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            land(node: node, lane: lane, batch: PlainBatch.encode(block), block: block) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    func record(_ gap: Gap, node: String = "pump") async throws -> Landed {
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            record(node: node, gap: gap) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// All that can be read, in chunks.
    func all(after position: Int64 = 0, chunk: Int = 500) async throws -> [LogEntry] {
        var entries: [LogEntry] = []
        while true {
            let more = try await read(after: entries.last?.position ?? position, maximumBytes: chunk)
            if more.isEmpty { return entries }
            entries += more
        }
    }
}

extension [LogEntry] {
    func sequences(of lane: Lane, node: String = "pump") -> [UInt64] {
        filter { $0.lane == lane && $0.node == node }.flatMap { $0.block.records.map(\.sequence) }
    }
}
