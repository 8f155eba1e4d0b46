// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import NIOCore
import NIOPosix
import Storage
import Synchronization
import Testing
import UplinkFrames

@testable import Uplink

/// What the batching thread makes of packs.
@Suite struct PackedBatchTests {
    private let lane = ScriptedLanes.lane(.normal)
    private let asked = Asked()

    /// The terms that packs were asked for under.
    private final class Asked: Sendable {
        let terms = Mutex<[PackTerms]>([])
        var all: [PackTerms] { terms.withLock(\.self) }
    }

    private func answer(_ packs: PackSlice?, _ change: (inout BatchRequest) -> Void = { _ in }) async -> BatchAnswer {
        let lanes = ScriptedLanes()
        lanes.append(.normal, (1...20).map { "payload \($0)" })
        var source = lanes.source
        source.packs = { [asked] _, _, terms in
            asked.terms.withLock { $0.append(terms) }
            return packs
        }
        let maker = BatchMaker(
            source,
            limit: 1_160,
            primers: PrimerCycle(PrimerCycle.Settings()),
            executor: MultiThreadedEventLoopGroup.singleton.next().executor
        )
        var request = BatchRequest(lane: lane, from: 1, last: 20, purpose: .batches(flush: true), generation: 1)
        change(&request)
        return await maker.make(request)
    }

    @Test func `the processor is offered to others after each batch`() async {
        let lanes = ScriptedLanes()
        // A multiplier that scatters the bits: little of it can be predicted.
        lanes.append(.normal, (1...200 as ClosedRange<UInt64>).map { "\($0 &* 0x9E37_79B9_7F4A_7C15)" })
        let offers = Mutex(0)
        let maker = BatchMaker(
            lanes.source,
            limit: 300,
            primers: PrimerCycle(PrimerCycle.Settings()),
            executor: MultiThreadedEventLoopGroup.singleton.next().executor,
            makeWay: { offers.withLock { $0 += 1 } }
        )
        let made = await maker.make(
            BatchRequest(lane: lane, from: 1, last: 200, purpose: .batches(flush: true), generation: 1)
        )
        #expect(parcels(made).count > 5)
        #expect(offers.withLock(\.self) == parcels(made).count)
    }

    private func parcels(_ answer: BatchAnswer) -> [Parcel] {
        if case .parcels(let parcels) = answer.outcome { parcels } else { [] }
    }

    @Test func `batches of packs become parcels as they are`() async {
        let primer = PrimerIdentifier(rawValue: 9)
        let batches = [
            PackedBatch(range: 1...7, primer: nil, bytes: [1, 2, 3]),
            PackedBatch(range: 8...9, primer: primer, bytes: [4, 5]),
        ]
        let answer = await answer(.batches(batches)) { $0.held = [primer] }
        #expect(
            parcels(answer) == [
                Parcel(range: 1...7, content: .batch([1, 2, 3])),
                Parcel(range: 8...9, content: .batch([4, 5]), primer: primer),
            ]
        )
        #expect(answer.encodedBytes == 5 && answer.encodedEvents == 9)
        #expect(
            asked.all == [PackTerms(limit: 1_160, primers: [primer], plain: false, maximumBytes: 48 << 10)]
        )
    }

    @Test func `part of a batch is encoded anew, and so is all that is not packed`() async {
        var part = EventBlock()
        part.append(sequence: 1, timestamp: 5, topic: "a/b", payload: [1])
        #expect(parcels(await answer(.events(part))).map(\.range) == [1...1])
        #expect(parcels(await answer(nil)).map(\.range) == [1...20])
    }

    @Test func `what goes alone, or is a gap by now, is never taken from a pack`() async {
        let packed = PackSlice.batches([PackedBatch(range: 1...20, primer: nil, bytes: [1])])
        let alone = await answer(packed) {
            $0.purpose = .alone
            $0.through = 2
        }
        #expect(parcels(alone).map(\.range) == [1...1, 2...2])
        #expect(parcels(await answer(packed) { $0.purpose = .gap }).isEmpty)
        #expect(asked.all.isEmpty)
    }

    @Test func `plain packs go as they are only to a hub that takes no primers, or under another name`() {
        var state = LaneState(
            lane: lane,
            ordinal: 1,
            node: "gateway",
            acknowledged: 0,
            last: 100,
            ceiling: 65_536,
            held: false
        )
        func request(_ maximumPrimerBytes: UInt64, _ state: LaneState) -> BatchRequest? {
            var machine = SendMachine(
                .init(linger: .zero),
                epoch: ScriptedLanes.epoch.id,
                node: "gateway",
                primers: PrimerCycle(PrimerCycle.Settings(bytes: 2_000))
            )
            let welcome = Welcome(
                hubID: 1,
                hubEpoch: 1,
                maximumEventBytes: 1 << 18,
                credit: 1 << 20,
                landed: [LandedRanges(cumulative: 0)],
                maximumPrimerBytes: maximumPrimerBytes
            )
            _ = machine.begin([state], acknowledged: [:], welcome, roundTrip: .zero, at: .zero)
            return machine.nextRequest(at: .zero)
        }
        #expect(request(0, state)?.takesPlainPacks == true)
        #expect(request(1 << 18, state)?.takesPlainPacks == false)
        state.node = "before"
        #expect(request(1 << 18, state)?.takesPlainPacks == true)
    }
}
