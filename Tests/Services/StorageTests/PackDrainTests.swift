// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage
import TestSupport
import Testing

/// What the uplink gets of packs: batches as they are where the hub can open them, events where it cannot.
@Suite struct PackDrainTests {
    let directory = StateDirectory(inMemory: true)

    private func packed(primer: Primer? = nil, limit: Int = 1_160) async throws -> AgentStore {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        var telemetry = Telemetry()
        if let primer { store.keep([primer]) }
        for _ in 0..<8 { try await store.append(telemetry.next(500)) }
        #expect(try await store.packAll(limit: limit) > 1_500)
        return store
    }

    private func terms(_ primers: Set<PrimerIdentifier> = [], plain: Bool = true, limit: Int = 1_160) -> PackTerms {
        PackTerms(limit: limit, primers: primers, plain: plain, maximumBytes: 48 << 10)
    }

    /// The batches from a sequence on, or nil.
    private func batches(_ store: AgentStore, from sequence: UInt64, _ terms: PackTerms) async -> [PackedBatch]? {
        guard case .batches(let batches) = await store.packs(store.lane(), from: sequence, terms) else { return nil }
        return batches
    }

    @Test(arguments: [false, true])
    func `batches come as they are, one after the other, and hold what was appended`(isPrimed: Bool) async throws {
        let primer = isPrimed ? try Telemetry.primer() : nil
        let store = try await packed(primer: primer)
        let wanted = await store.events(store.lane())
        let known: Set<PrimerIdentifier> = primer.map { [$0.identifier] } ?? []
        var next: UInt64 = 1
        var decoder = BatchDecoder()
        var block = EventBlock()
        while let found = await batches(store, from: next, terms(known, plain: !isPrimed)) {
            #expect(found.reduce(0) { $0 + $1.bytes.count } <= 48 << 10)
            for batch in found {
                #expect(batch.range.lowerBound == next && batch.bytes.count <= 1_160)
                #expect(batch.primer == primer?.identifier)
                let count = block.count
                try decoder.decode(batch.bytes.span.bytes, primer: primer, maximumBytes: 1 << 20, into: &block)
                #expect(UInt64(block.count - count) == batch.range.upperBound - batch.range.lowerBound + 1)
                next = batch.range.upperBound + 1
            }
        }
        #expect(next > 1_500)
        #expect(block.described == Array(wanted[..<block.count]) && UInt64(block.count) == next - 1)
        await store.close()
    }

    @Test func `a hub that lacks the primer, or a smaller packet, gets events to be encoded anew`() async throws {
        let primer = try Telemetry.primer()
        let store = try await packed(primer: primer)
        #expect(await batches(store, from: 1, terms([primer.identifier])) != nil)
        #expect(await batches(store, from: 1, terms()) == nil)
        #expect(await batches(store, from: 1, terms([primer.identifier], limit: 300)) == nil)
        // It is there all the same, after the primer is forgotten, too: each pack has it.
        store.keep([try Telemetry.primer(seed: 8), try Telemetry.primer(seed: 9)])
        let before = await store.events(store.lane())
        #expect(before.count == 4_000)
        await store.close()
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(await again.events(store.lane()) == before)
        await again.close()
    }

    @Test func `a batch that is not wanted whole comes as the events that are`() async throws {
        let store = try await packed()
        let wanted = await store.events(store.lane())
        let first = try #require(await batches(store, from: 1, terms())).prefix(2)
        #expect(first.count == 2)
        let (one, two) = (first[0].range, first[1].range)
        guard case .events(let tail) = await store.packs(store.lane(), from: 3, terms()) else {
            Issue.record("no events")
            return
        }
        #expect(tail.described == Array(wanted[2..<Int(one.upperBound)]), "the next begins with a batch again")
        let last = two.upperBound - 1
        guard case .batches(let whole) = await store.packs(store.lane(), from: 1, through: last, terms()) else {
            Issue.record("no batches")
            return
        }
        #expect(whole.map(\.range) == [one])
        guard case .events(let head) = await store.packs(store.lane(), from: two.lowerBound, through: last, terms())
        else {
            Issue.record("no events")
            return
        }
        #expect(head.described == Array(wanted[Int(one.upperBound)..<Int(last)]))
        #expect(await store.packs(store.lane(), from: 3_999, terms()) == nil, "what is new is not packed")
        await store.close()
    }

    @Test func `an event that was given up in a pack is not sent with its batch`() async throws {
        let store = try await packed()
        store.giveUp(Gap(lane: store.lane(), first: 5, last: 5, reason: .rejected))
        #expect(await store.settles { $0.backlogEvents == 3_999 })
        guard case .events(let head) = await store.packs(store.lane(), from: 1, terms()) else {
            Issue.record("no events")
            return
        }
        #expect(head.records.map(\.sequence) == [1, 2, 3, 4])
        guard case .events(let tail) = await store.packs(store.lane(), from: 6, terms()) else {
            Issue.record("no events")
            return
        }
        #expect(tail.records.first?.sequence == 6)
        #expect(await batches(store, from: (tail.records.last?.sequence ?? 0) + 1, terms()) != nil)
        await store.close()
    }
}
