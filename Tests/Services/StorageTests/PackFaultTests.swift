// SPDX-License-Identifier: Apache-2.0

import Batching
import CSQLite
import Events
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

/// Packing under crashes, failing disks and damage.
@Suite struct PackFaultTests {
    let directory = StateDirectory(inMemory: true)

    private func filled(_ change: (inout StoreConfiguration) -> Void = { _ in }) async throws -> AgentStore {
        let store = try AgentStore.open(directory) {
            $0.maximumBytes = 4 << 20
            change(&$0)
        }
        var telemetry = Telemetry()
        for _ in 0..<9 { try await store.append(telemetry.next(500)) }
        return store
    }

    @Test func `a crash after any step leaves every event, once and in order`() async throws {
        let store = try await filled()
        let wanted = await store.events(store.lane())
        store.keep([try Telemetry.primer()])
        let packer = try store.makePacker(limit: 1_160, executor: StoreExecutor(label: "test.packer"))
        var steps = 0
        repeat {
            let crashed = directory.copy()
            let again = try AgentStore.open(crashed) { $0.maximumBytes = 4 << 20 }
            #expect(await again.events(store.lane()) == wanted, "after \(steps) steps")
            #expect(again.statistics().backlogEvents == 4_500)
            await again.close()
            steps += 1
        } while await packer.step().events > 0 && steps < 20
        #expect(steps > 2)
        await packer.close()
        await store.close()
    }

    @Test func `whichever write fails, the events stay as they were and packing goes on later`() async throws {
        let vfs = FaultVFS()
        let store = try await filled { $0.vfs = vfs.name }
        let wanted = await store.events(store.lane())
        let packer = try store.makePacker(limit: 1_160, executor: StoreExecutor(label: "test.packer"))
        var failures = 0
        for number in stride(from: 1, through: 60, by: 3) {
            vfs.fail(number...number, code: number % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR)
            let outcome = await packer.step()
            let hasFailed = vfs.plan.withLock { $0.failures > 0 }
            vfs.fail(nil)
            if hasFailed { failures += 1 }
            #expect(await store.events(store.lane()) == wanted, "write \(number), packed \(outcome.events)")
            #expect(store.statistics().trouble == nil, "what can wait is no trouble")
            let crashed = directory.copy()
            let again = try AgentStore.open(crashed) { $0.maximumBytes = 4 << 20 }
            #expect(await again.events(store.lane()) == wanted, "after a crash; write \(number)")
            await again.close()
            if store.statistics().packedEvents > 1_500 { break }
        }
        #expect(failures > 2)
        _ = try await store.packAll()
        #expect(store.statistics().packedEvents > 1_500)
        #expect(await store.events(store.lane()) == wanted)
        await packer.close()
        await store.close()
    }

    @Test func `a damaged batch is a gap of its events, and of no others`() async throws {
        let store = try await filled()
        let wanted = await store.events(store.lane())
        #expect(try await store.packAll() > 1_500)
        let terms = PackTerms(limit: 1_160, primers: [], plain: true, maximumBytes: 4 << 10)
        guard case .batches(let batches) = await store.packs(store.lane(), from: 1, terms) else {
            Issue.record("no batches")
            return
        }
        await store.close()
        let victim = batches[1]
        let path = directory.path + "/store.db"
        var bytes = StateDirectory.read(path)
        // Pages that were split keep old copies of rows in their free space.
        let places = Self.places(of: victim.bytes, in: bytes)
        #expect(!places.isEmpty)
        for place in places { bytes[place + victim.bytes.count / 2] ^= 4 }
        StateDirectory.write(path, bytes)
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(await again.packs(store.lane(), from: victim.range.lowerBound, terms) == nil)
        var found: [String] = []
        for slice in await again.readAll(store.lane()) {
            switch slice {
            case .events(let block): found += block.described
            case .gap(let gap):
                #expect(gap.first...gap.last == victim.range && gap.reason == .unreadable && gap.endKnown)
                found += wanted[Int(gap.first - 1)..<Int(gap.last)]
            default: Issue.record("\(slice)")
            }
        }
        #expect(found == wanted)
        #expect(await again.settles { $0.backlogEvents == 4_500 - UInt64(victim.range.count) })
        await again.close()
    }

    @Test func `a damaged primer costs no batch that the hub can open`() async throws {
        let primer = try Telemetry.primer()
        let store = try await filled()
        store.keep([primer])
        #expect(try await store.packAll() > 1_500)
        await store.close()
        let path = directory.path + "/store.db"
        var bytes = StateDirectory.read(path)
        let places = Self.places(of: Array(primer.bytes.prefix(200)), in: bytes)
        for place in places { bytes[place + 100] ^= 1 }
        #expect(places.count >= 2, "in the table of primers, and in each pack")
        StateDirectory.write(path, bytes)
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(again.primers.isEmpty)
        let terms = PackTerms(limit: 1_160, primers: [primer.identifier], plain: false, maximumBytes: 4 << 10)
        guard case .batches(let batches) = await again.packs(store.lane(), from: 1, terms) else {
            Issue.record("no batches")
            return
        }
        #expect(batches.count > 1)
        guard case .gap(let gap) = await again.read(store.lane(), from: 1, maximumBytes: 1 << 16) else {
            Issue.record("no gap")
            return
        }
        #expect(gap.reason == .unreadable && gap.first == 1 && gap.last > 1_000)
        await again.close()
    }

    /// Where some bytes lie in others.
    private static func places(of wanted: [UInt8], in bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let first = wanted.first else { return [] }
            var places: [Int] = []
            var start = 0
            while start <= all.count - wanted.count {
                guard let found = memchr(base + start, CInt(first), all.count - wanted.count + 1 - start) else { break }
                if memcmp(found, wanted, wanted.count) == 0 { places.append(UnsafeRawPointer(found) - base) }
                start = UnsafeRawPointer(found) - base + 1
            }
            return places
        }
    }
}
