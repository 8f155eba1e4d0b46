// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

/// Restored copies of the hub's log and of the agent's store.
@Suite(.timeLimit(.minutes(1))) struct HubLogLineageTests {
    typealias Summary = AgentIntroduction.LaneSummary

    /// An agent with one lane per epoch: `epochs` maps ordinals to the lanes' (id, acknowledged, last, ceiling).
    static func hello(
        store: UInt64 = 0x51,
        current: (ordinal: UInt64, id: UInt64),
        _ lanes: [(ordinal: UInt64, id: UInt64, acknowledged: UInt64, last: UInt64, ceiling: UInt64)]
    ) -> AgentIntroduction {
        AgentIntroduction(
            node: "pump",
            storeID: store,
            epoch: Epoch(id: current.id, ordinal: current.ordinal),
            lanes: lanes.map { lane in
                Summary(
                    lane: .sample(lane.id),
                    ordinal: lane.ordinal,
                    node: "pump",
                    acknowledged: lane.acknowledged,
                    last: lane.last,
                    ceiling: lane.ceiling
                )
            }
        )
    }

    static func gaps(_ fixture: HubLogFixture) throws -> [Gap] {
        try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening).gaps().map(\.gap)
    }

    @Test func `a hub restored from an older copy reports what the agent has deleted`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...300)
        _ = try await log.land(310...320)
        // The lost, newer log had acknowledged 500.
        let hello = Self.hello(current: (1, 0xE1), [(1, 0xE1, 500, 800, 65_536)])
        let landed = try await log.greet(hello)
        #expect(landed == [.sample(): SequenceSet(cumulative: 500)])
        let expected = [
            Gap(lane: .sample(), first: 301, last: 309, reason: .hubRestored),
            Gap(lane: .sample(), first: 321, last: 500, reason: .hubRestored),
        ]
        #expect(try Self.gaps(fixture) == expected)
        _ = try await log.greet(hello)
        #expect(try Self.gaps(fixture) == expected, "recorded once")
        #expect(log.statistics().gapEvents == 189)
        #expect(try await log.land(501...800).sequences == SequenceSet(cumulative: 800))
        await log.close()
    }

    @Test func `an agent that another hub acknowledged leaves no gap here`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        let landed = try await log.greet(Self.hello(current: (1, 0xE1), [(1, 0xE1, 0, 800, 65_536)]))
        #expect(landed == [.sample(): SequenceSet()])
        #expect(try Self.gaps(fixture).isEmpty)
        await log.close()
    }

    @Test func `a store restored from an older copy reports what only the lost one knew`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        // Epoch E2 is written and lands up to 800, with a hole.
        _ = try await log.greet(Self.hello(current: (2, 0xE2), [(2, 0xE2, 0, 100, 65_536)]))
        _ = try await log.land(1...500, lane: .sample(0xE2))
        _ = try await log.land(601...800, lane: .sample(0xE2))
        // A copy from the time when E2 stood at 550 comes back and opens E3.
        let hello = Self.hello(current: (3, 0xE3), [(2, 0xE2, 500, 550, 65_536), (3, 0xE3, 0, 20, 65_536)])
        let landed = try await log.greet(hello)
        #expect(landed[.sample(0xE2)] == SequenceSet(cumulative: 500, ranges: [601...800]), "no gap counts as landed")
        let expected = [
            Gap(lane: .sample(0xE2), first: 551, last: 600, reason: .storeRestored),
            Gap(lane: .sample(0xE2), first: 801, last: 65_536, reason: .storeRestored, endKnown: false),
        ]
        #expect(try Self.gaps(fixture) == expected)
        // What the copy still has lands; greeting again adds nothing.
        #expect(try await log.land(501...550, lane: .sample(0xE2)).new == 50)
        _ = try await log.greet(hello)
        #expect(try Self.gaps(fixture) == expected)
        await log.close()
    }

    @Test func `an epoch that the restored store has never heard of is a gap`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.greet(Self.hello(current: (1, 0xE1), [(1, 0xE1, 0, 10, 65_536)]))
        _ = try await log.land(1...10)
        let second = [(1, 0xE1, 10, 10, 65_536), (2, 0xE2, 0, 0, 65_536)] as [(UInt64, UInt64, UInt64, UInt64, UInt64)]
        _ = try await log.greet(Self.hello(current: (2, 0xE2), second.map { ($0.0, $0.1, $0.2, $0.3, $0.4) }))
        _ = try await log.land(1...40, lane: .sample(0xE2))
        // A copy from the time of E1 opens another second epoch.
        _ = try await log.greet(
            Self.hello(current: (2, 0xF2), [(1, 0xE1, 10, 10, 65_536), (2, 0xF2, 0, 5, 65_536)])
        )
        #expect(
            try Self.gaps(fixture) == [
                Gap(lane: .sample(0xE2), first: 41, last: 65_536, reason: .storeRestored, endKnown: false)
            ]
        )
        #expect(log.statistics().openGaps == 1)
        #expect(log.statistics().gapEvents == 0)
        await log.close()
    }

    @Test func `a new store under an old name leaves a gap for all that was open`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.greet(Self.hello(current: (7, 0xE7), [(7, 0xE7, 0, 90, 65_536)]))
        _ = try await log.land(1...40, lane: .sample(0xE7))
        _ = try await log.greet(Self.hello(store: 0x99, current: (1, 0xF1), [(1, 0xF1, 0, 0, 65_536)]))
        #expect(
            try Self.gaps(fixture) == [
                Gap(lane: .sample(0xE7), first: 41, last: 90, reason: .storeRestored),
                Gap(lane: .sample(0xE7), first: 91, last: 65_536, reason: .storeRestored, endKnown: false),
            ]
        )
        await log.close()
    }

    @Test func `events of a clone that lives on win over the gap`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.greet(Self.hello(current: (7, 0xE7), [(7, 0xE7, 0, 90, 1_000)]))
        _ = try await log.land(1...40, lane: .sample(0xE7))
        _ = try await log.greet(Self.hello(store: 0x99, current: (1, 0xF1), [(1, 0xF1, 0, 0, 65_536)]))
        let landed = try await log.land(61...100, lane: .sample(0xE7))
        #expect(landed.new == 40)
        #expect(landed.sequences == SequenceSet(cumulative: 40, ranges: [61...100]))
        let gaps = try Self.gaps(fixture).sorted { $0.first < $1.first }
        #expect(
            gaps == [
                Gap(lane: .sample(0xE7), first: 41, last: 60, reason: .storeRestored),
                Gap(lane: .sample(0xE7), first: 101, last: 1_000, reason: .storeRestored, endKnown: false),
            ]
        )
        #expect(log.statistics().gapEvents == 20)
        #expect(log.statistics().openGaps == 1)
        await log.close()
    }

    @Test func `ordinary restarts leave no gap`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        for ordinal in UInt64(1)...12 {
            // The agent lists the last three epochs.
            let recent = (ordinal > 2 ? ordinal - 2 : 1)...ordinal
            _ = try await log.greet(
                Self.hello(current: (ordinal, ordinal), recent.map { ($0, $0, 0, $0 == ordinal ? 0 : 20, 65_536) })
            )
            _ = try await log.land(1...20, lane: .sample(ordinal))
        }
        #expect(try Self.gaps(fixture).isEmpty)
        await log.close()
    }

    @Test func `a hello that was late on a dead connection shows no loss`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        let old = Self.hello(current: (1, 0xE1), [(1, 0xE1, 0, 10, 65_536)])
        _ = try await log.greet(old)
        _ = try await log.land(1...500)
        _ = try await log.greet(Self.hello(current: (2, 0xE2), [(1, 0xE1, 0, 900, 65_536), (2, 0xE2, 0, 0, 65_536)]))
        _ = try await log.land(1...40, lane: .sample(0xE2))
        _ = try await log.greet(old)
        #expect(try Self.gaps(fixture).isEmpty)
        await log.close()
    }

    @Test func `a gap that the agent reported to its ceiling is no sign of a lost store`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.greet(Self.hello(current: (1, 0xE1), [(1, 0xE1, 0, 10, 65_536)]))
        _ = try await log.land(1...10)
        let lost = Gap(lane: .sample(), first: 11, last: 65_536, reason: .unreadable, endKnown: false)
        #expect(try await log.record(lost).sequences == SequenceSet(cumulative: 65_536))
        _ = try await log.greet(Self.hello(current: (2, 0xE2), [(1, 0xE1, 10, 10, 65_536)]))
        #expect(try Self.gaps(fixture) == [lost])
        await log.close()
    }

    @Test func `a gap is recorded once, and not where events landed`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(12...12)
        let gap = Gap(lane: .sample(), first: 10, last: 20, reason: .bufferFull)
        for _ in 0..<3 {
            let landed = try await log.record(gap)
            #expect(landed.sequences == SequenceSet(cumulative: 0, ranges: [10...20]))
        }
        #expect(
            try Self.gaps(fixture) == [
                Gap(lane: .sample(), first: 10, last: 11, reason: .bufferFull),
                Gap(lane: .sample(), first: 13, last: 20, reason: .bufferFull),
            ]
        )
        #expect(log.statistics().gapEvents == 10)
        #expect(try await log.land(10...20).new == 0, "given up is given up")
        await #expect(throws: StoreError.self) {
            try await log.record(Gap(lane: .sample(), first: 0, last: .max, reason: .expired))
        }
        await log.close()
    }

    @Test func `a ceiling named later is the end of the gap`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.greet(Self.hello(current: (7, 0xE7), [(7, 0xE7, 0, 3, 100)]))
        _ = try await log.land(1...3, lane: .sample(0xE7))
        log.raiseCeiling(node: "pump", lane: .sample(0xE7), to: 200)
        _ = try await log.greet(Self.hello(store: 0x99, current: (1, 0xF1), []))
        #expect(
            try Self.gaps(fixture) == [
                Gap(lane: .sample(0xE7), first: 4, last: 200, reason: .storeRestored, endKnown: false)
            ]
        )
        await log.close()
    }
}
