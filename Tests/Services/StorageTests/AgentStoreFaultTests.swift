// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct AgentStoreFaultTests {
    let directory = StateDirectory(inMemory: true)
    let vfs = FaultVFS()

    @Test func `each completion follows a sync of the WAL that follows its writes`() async throws {
        let store = try AgentStore.open(directory) { $0.vfs = vfs.name }
        for round in 0..<20 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<5 {
                    let vfs = vfs
                    group.addTask {
                        try await withCheckedContinuation { continuation in
                            store.append(EventBlock(["\(round) \(number)"])) { result in
                                vfs.note("done")
                                continuation.resume(returning: result)
                            }
                        }.get()
                    }
                }
                try await group.waitForAll()
            }
            // Acknowledgements are written down without a sync; events after them must be synced all the same.
            store.acknowledge(store.lane(), SequenceSet(cumulative: UInt64(round * 3)), hub: 1)
            let commits = store.statistics().commits
            if round % 5 == 4 { #expect(await store.settles { $0.commits > commits }) }
        }
        var unsynced = 0
        var completions = 0
        for operation in vfs.operations {
            switch operation {
            case .write("wal"): unsynced += 1
            case .sync("wal"): unsynced = 0
            case .note:
                completions += 1
                #expect(unsynced == 0, "a completion came before the sync")
            default: break
            }
        }
        #expect(completions == 100)
        await store.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `no commit waits for the WAL to be copied`() async throws {
        let store = try AgentStore.open(directory) {
            $0.vfs = vfs.name
            $0.maximumBytes = 4 << 20
        }
        let text = String(repeating: "x", count: 6000)
        var count: UInt64 = 0
        try await vfs.holdingCheckpoints {
            let start = vfs.operations.count
            while !vfs.operations[start...].contains(.write("database")) {
                try await store.append([text])
                count += 1
            }
            // A WAL that has grown to its whole share is copied first; this is far from it.
            for _ in 0..<5 {
                try await store.append([text])
                count += 1
            }
        }
        #expect(store.statistics().backlogEvents == count)
        await store.close()
    }

    @Test(arguments: [SQLITE_FULL, SQLITE_IOERR | 3 << 8, SQLITE_IOERR | 4 << 8])
    func `a failing write or sync loses nothing acknowledged, whichever it is`(code: Int32) async throws {
        for failing in 1...40 {
            let directory = StateDirectory(inMemory: true)
            let vfs = FaultVFS()
            let store = try AgentStore.open(directory) {
                $0.vfs = vfs.name
                $0.maximumBytes = 4 << 20
            }
            try await store.append(["before"])
            vfs.fail(failing...failing + 2, code: code)
            var expected = ["before"]
            var failed = 0
            for number in 0..<40 {
                let text = "\(number) " + String(repeating: "x", count: 6000)
                do {
                    try await store.append([text])
                    expected.append(text)
                } catch {
                    failed += 1
                    #expect(store.statistics().trouble != nil)
                }
            }
            vfs.fail(nil)
            try await store.append(["after"])
            expected.append("after")
            #expect(store.statistics().trouble == nil, "writing goes on by itself")
            #expect(
                await store.contents(store.lane()) == expected,
                "write \(failing) failed, \(failed) appends refused"
            )
            let crashed = directory.copy()
            let again = try AgentStore.open(crashed)
            #expect(await again.contents(store.lane()) == expected, "after a crash; write \(failing)")
            await again.close()
            await store.close()
        }
    }

    @Test func `a round of tidying that writes nothing does not say that events are taken again`() async throws {
        let store = try AgentStore.open(directory) { $0.vfs = vfs.name }
        try await store.append(["1"])
        vfs.fail(1...1_000_000, code: SQLITE_FULL)
        await #expect(throws: StoreError.self) { try await store.append(["2"]) }
        let commits = store.statistics().commits
        var lane = store.lane()
        lane.epoch ^= 1
        store.giveUp(Gap(lane: lane, first: 1, last: 1, reason: .rejected))
        for _ in 0..<2_000 where store.statistics().commits == commits { try await Task.sleep(for: .milliseconds(5)) }
        #expect(store.statistics().commits > commits, "it tidied")
        #expect(store.statistics().trouble != nil)
        vfs.fail(nil)
        try await store.append(["3"])
        #expect(store.statistics().trouble == nil)
        await store.close()
    }

    @Test func `a full disk is named, and all appends of the group hear of it`() async throws {
        let store = try AgentStore.open(directory) { $0.vfs = vfs.name }
        try await store.append(["1"])
        vfs.fail(1...1_000_000, code: SQLITE_FULL)
        let results = Mutex<[Result<Void, StoreError>]>([])
        await withCheckedContinuation { continuation in
            for _ in 0..<10 {
                store.append(EventBlock(["x"])) { result in
                    let isLast = results.withLock { results in
                        results.append(result)
                        return results.count == 10
                    }
                    if isLast { continuation.resume() }
                }
            }
        }
        for case .success in results.withLock({ $0 }) { Issue.record("acknowledged without room") }
        #expect(store.statistics().trouble == StoreError.diskFull(path: directory.path + "/store.db").description)
        vfs.fail(nil)
        try await store.append(["2"])
        #expect(await store.contents(store.lane()) == ["1", "2"], "numbers of what failed are used again")
        await store.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `what comes right behind a refused event is refused, too, so that it does not pass it`() async throws {
        let store = try AgentStore.open(directory) {
            $0.vfs = vfs.name
            $0.refusalPause = .seconds(4)
        }
        try await store.append(["1"])
        vfs.fail(1...1_000_000, code: SQLITE_FULL)
        await #expect(throws: StoreError.self) { try await store.append(["2"]) }
        vfs.fail(nil)
        let refused = ContinuousClock.now
        await #expect(throws: StoreError.self) { try await store.append(["3"]) }
        while (try? await store.append(["2"])) == nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(ContinuousClock.now - refused > .seconds(3))
        #expect(await store.contents(store.lane()) == ["1", "2"])
        await store.close()
    }
}
