// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging
import Storage
import Synchronization
import TestSupport

/// A state directory of its own, removed at the end.
final class StateDirectory: Sendable {
    let path: String

    /// - Parameter inMemory: for tests that sync thousands of times and do not care where to.
    init(inMemory: Bool = false) {
        let parent = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/sluice-store-XXXXXX".utf8CString)
        path =
            mkdtemp(&template) == nil
            ? "/tmp/sluice-store" : String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        Self.removeAll(path)
    }

    /// A copy as a crash would leave it: the files as they are now.
    func copy() -> StateDirectory {
        let other = StateDirectory(inMemory: path.hasPrefix("/dev/shm"))
        for name in Self.names(path) { Self.write(other.path + "/" + name, Self.read(path + "/" + name)) }
        return other
    }

    var names: [String] { Self.names(path) }

    static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    static func write(_ path: String, _ bytes: [UInt8]) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        fwrite(bytes, 1, bytes.count, file)
    }

    static func removeAll(_ path: String) {
        for name in names(path) where unlink(path + "/" + name) != 0 { removeAll(path + "/" + name) }
        rmdir(path)
    }
}

/// Ids that no other call in this process gives.
private let ids = Atomic<UInt64>(0x51_0000_0001)

extension AgentStore {
    static func open(
        _ directory: StateDirectory,
        _ change: (inout StoreConfiguration) -> Void = { _ in }
    ) throws -> AgentStore {
        var configuration = StoreConfiguration(directory: directory.path)
        configuration.refusalPause = .zero
        configuration.node = "node"
        change(&configuration)
        return try open(configuration, randomID: freshID, logger: quiet)
    }

    static func freshID() -> UInt64 {
        var generator = SeededGenerator(seed: ids.add(1, ordering: .relaxed).newValue)
        return generator.next()
    }

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Appends and waits for the commit.
    func append(_ block: EventBlock) async throws {
        try await withCheckedContinuation { continuation in
            append(block) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Appends one event per payload.
    func append(_ payloads: [String], topic: String = "t", eventClass: EventClass = .normal) async throws {
        try await append(EventBlock(payloads, topic: topic, eventClass: eventClass))
    }

    /// The lane of a class in this epoch.
    func lane(_ eventClass: EventClass = .normal, slot: UInt32 = 0) -> Lane {
        Lane(epoch: epoch.id, partition: Partition(eventClass: eventClass, slot: slot))
    }

    /// All that a lane holds from `sequence` on, in the pieces in which it was read.
    func readAll(_ lane: Lane, from sequence: UInt64 = 1, maximumBytes: Int = 1 << 16) async -> [LaneSlice] {
        var slices: [LaneSlice] = []
        var next = sequence
        while slices.count < 100_000 {
            let slice = await read(lane, from: next, maximumBytes: maximumBytes)
            switch slice {
            case .events(let block): next = (block.records.last?.sequence ?? next) + 1
            case .gap(let gap): next = gap.last + 1
            case .end: return slices
            case .failed: return slices + [slice]
            }
            slices.append(slice)
        }
        return slices
    }

    /// The payloads of a lane, as text; gaps as `first-last reason`.
    func contents(_ lane: Lane, from sequence: UInt64 = 1, maximumBytes: Int = 1 << 16) async -> [String] {
        await readAll(lane, from: sequence, maximumBytes: maximumBytes).flatMap { slice -> [String] in
            switch slice {
            case .events(let block):
                block.records.indices.map { String(decoding: block.payload(at: $0), as: UTF8.self) }
            case .gap(let gap): ["\(gap.first)-\(gap.last) \(gap.reason.name)\(gap.endKnown ? "" : "?")"]
            case .end: []
            case .failed(let error): ["\(error)"]
            }
        }
    }

    /// Waits until the figures are as asked for: what is written down in the background.
    func settles(_ condition: (StoreStatistics) -> Bool) async -> Bool {
        for _ in 0..<2000 {
            if condition(statistics()) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

extension EventBlock {
    init(_ payloads: [String], topic: String = "t", eventClass: EventClass = .normal, timestamp: Int64 = 1000) {
        self.init()
        for (index, payload) in payloads.enumerated() {
            append(
                timestamp: timestamp + Int64(index),
                eventClass: eventClass,
                topic: topic,
                payload: Array(payload.utf8)
            )
        }
    }
}
