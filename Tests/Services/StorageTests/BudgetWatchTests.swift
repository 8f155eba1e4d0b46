// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import FoundationEssentials
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

/// All files of a store together never take more than the budget, looked at after every single write.
@Suite(.timeLimit(.minutes(5))) struct BudgetWatchTests {
    /// The largest that the files of a directory were together.
    private final class Meter: Sendable {
        private let path: String
        private let most = Mutex<(bytes: Int64, what: String)>((0, ""))

        init(_ directory: StateDirectory) { path = directory.path }

        var largest: (bytes: Int64, what: String) { most.withLock(\.self) }

        func look() {
            var parts: [String] = []
            var sum: Int64 = 0
            for name in ["store.db", "store.db-wal", "store.db-shm", "ceiling", "ceiling.new", "lock"] {
                var status = stat()
                guard stat(path + "/" + name, &status) == 0 else { continue }
                sum += Int64(status.st_size)
                parts.append("\(name) \(status.st_size)")
            }
            let text = parts.joined(separator: ", ")
            most.withLock { if sum > $0.bytes { $0 = (sum, text) } }
        }

        func reset() { most.withLock { $0 = (0, "") } }
    }

    /// Someone who reads the database and takes time over it: no checkpoint gets past what it sees.
    private final class SlowReader {
        private var handle: OpaquePointer?

        init(_ directory: StateDirectory) {
            sqlite3_open_v2(directory.path + "/store.db", &handle, SQLITE_OPEN_READONLY, nil)
            sqlite3_exec(handle, "BEGIN; SELECT count(*) FROM segments", nil, nil, nil)
        }

        deinit { sqlite3_close(handle) }
    }

    private static var rounds: Int {
        ProcessInfo.processInfo.environment["BUDGET_ROUNDS"].flatMap { Int($0) } ?? 3
    }

    private static let seeds = (0..<rounds).map { _ in UInt64.random(in: 0...UInt64.max) }

    @Test(arguments: seeds)
    func `whatever goes on, the budget holds at every write`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let directory = StateDirectory(inMemory: true)
        let vfs = FaultVFS()
        let meter = Meter(directory)
        vfs.afterWrite.withLock { $0 = { meter.look() } }
        let budget = Int64.random(in: 4...10, using: &generator) << 20
        func open() throws -> AgentStore {
            try AgentStore.open(directory) {
                $0.maximumBytes = budget
                $0.vfs = vfs.name
                $0.partitions = 2
            }
        }
        var store = try open()
        var telemetry = Telemetry(seed: seed)
        var reader: SlowReader?
        var refused = 0
        var acknowledged: UInt64 = 0
        for step in 0..<160 {
            switch Int.random(in: 0..<40, using: &generator) {
            case 0..<20:
                let eventClass = EventClass.allCases.randomElement(using: &generator) ?? .normal
                let block = telemetry.next(.random(in: 1...1_200, using: &generator), eventClass)
                do { try await store.append(block) } catch { refused += 1 }
            case 20..<26:
                var block = EventBlock()
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let noise = (0..<Int.random(in: 1...20_000, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                    block.append(timestamp: 1, eventClass: .bulk, topic: "noise", payload: noise)
                }
                do { try await store.append(block) } catch { refused += 1 }
            case 26..<30: _ = try await store.packAll()
            case 30..<34:
                for state in store.lanes() where state.last > 0 {
                    let landed = UInt64.random(in: 0...state.last, using: &generator)
                    store.acknowledge(state.lane, SequenceSet(cumulative: landed), hub: 1)
                    acknowledged += landed
                }
            case 34..<37: reader = reader == nil ? SlowReader(directory) : nil
            case 37:
                reader = nil
                await store.close()
                store = try open()
            default: try await Task.sleep(for: .milliseconds(120))
            }
            let largest = meter.largest
            guard largest.bytes <= budget else {
                Issue.record("\(largest.bytes) of \(budget): \(largest.what); step \(step), seed \(seed)")
                break
            }
        }
        reader = nil
        // Whoever read is gone: it goes on by itself.
        try await store.append(telemetry.next(10))
        #expect(store.statistics().trouble == nil, "seed \(seed)")
        await store.close()
        #expect(meter.largest.bytes <= budget, "seed \(seed)")
    }

    @Test func `who reads for long stops what is new, and nothing that was taken is lost`() async throws {
        let directory = StateDirectory(inMemory: true)
        let vfs = FaultVFS()
        let meter = Meter(directory)
        vfs.afterWrite.withLock { $0 = { meter.look() } }
        let store = try AgentStore.open(directory) {
            $0.maximumBytes = 4 << 20
            $0.vfs = vfs.name
        }
        var taken: UInt64 = 0
        var reason = ""
        var reader: SlowReader? = SlowReader(directory)
        for number in 0..<200 where reason.isEmpty {
            do {
                try await store.append(Array(repeating: "\(number) " + String(repeating: "x", count: 900), count: 20))
                taken += 20
            } catch {
                reason = "\(error)"
            }
        }
        #expect(reason.contains("another program reads it"), "refused after \(taken): \(reason)")
        #expect(store.statistics().trouble == reason)
        #expect(await store.contents(store.lane()).count == Int(taken))
        _ = reader
        reader = nil
        try await store.append(["after"])
        #expect(store.statistics().trouble == nil && store.statistics().backlogEvents == taken + 1)
        #expect(meter.largest.bytes <= 4 << 20, "\(meter.largest.what)")
        await store.close()
    }

    @Test func `room comes back after a drain`() async throws {
        let directory = StateDirectory(inMemory: true)
        let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        var telemetry = Telemetry()
        for _ in 0..<40 { try await store.append(telemetry.next(1_000)) }
        let full = store.statistics().diskBytes
        #expect(full > 4 << 20)
        store.acknowledge(store.lane(), SequenceSet(cumulative: 40_000), hub: 1)
        #expect(await store.settles { $0.diskBytes < full / 2 })
        await store.close()
    }
}
