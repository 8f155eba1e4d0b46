// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging
import Storage

/// A store beside the real one that may be destroyed.
package enum ScratchStore {
    /// Events that are under way at once, so that group commits are what a kill meets.
    private static let depth = 16

    static func open(_ directory: String) throws(StoreError) -> AgentStore {
        var configuration = StoreConfiguration(directory: directory)
        configuration.maximumBytes = 8 << 20
        configuration.node = "doctor"
        return try AgentStore.open(
            configuration,
            randomID: { .random(in: 1...UInt64.max) },
            logger: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// What the child process does until it is killed: appends, and prints the number of each acknowledged event.
    package static func write(_ directory: String, round: Int) async throws {
        let store = try open(directory)
        var number = 0
        while number < ScratchEvents.maximum {
            let numbers = number + 1...number + depth
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in numbers {
                    group.addTask {
                        var block = EventBlock()
                        let payload = ScratchEvents.payload(round: round, number: number)
                        block.append(timestamp: 0, topic: "doctor", payload: payload)
                        try await withCheckedContinuation { continuation in
                            store.append(block) { continuation.resume(returning: $0) }
                        }.get()
                        var line = "\(number)\n"
                        _ = line.withUTF8 { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                    }
                }
                try await group.waitForAll()
            }
            number = numbers.upperBound
        }
        await store.close()
    }

    /// What a scratch store holds, by round; throws when anything in it is no event of these.
    static func contents(_ directory: String) async throws -> [Int: Set<Int>] {
        let store = try open(directory)
        var found: [Int: Set<Int>] = [:]
        for lane in store.lanes() {
            var next: UInt64 = 1
            reading: while true {
                switch await store.read(lane.lane, from: next, maximumBytes: 1 << 20) {
                case .events(let block):
                    for index in block.records.indices {
                        guard let event = ScratchEvents.identify(block.payload(at: index)) else {
                            throw ScratchFault(description: "event \(block.records[index].sequence) has other bytes")
                        }
                        found[event.round, default: []].insert(event.number)
                    }
                    next = (block.records.last?.sequence ?? next) + 1
                case .gap(let gap): throw ScratchFault(description: "events \(gap.first) to \(gap.last) cannot be read")
                case .failed(let error): throw error
                case .end: break reading
                }
            }
        }
        await store.close()
        return found
    }
}

/// What a scratch store does not hold as it should.
struct ScratchFault: Error, CustomStringConvertible {
    var description: String
}
