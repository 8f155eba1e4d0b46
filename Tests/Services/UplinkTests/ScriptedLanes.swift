// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Synchronization
import Uplink

/// An agent's store in memory.
final class ScriptedLanes: Sendable {
    struct State: Sendable {
        var events: [EventClass: [String]] = [:]
        var gaps: [Gap] = []
        var acknowledged: [Lane: SequenceSet] = [:]
        var clocks: [ClockAnnouncement] = []
        var observer: (@Sendable () -> Void)?
    }

    static let epoch = Epoch(id: 77, ordinal: 1)
    let state = Mutex(State())

    static func lane(_ eventClass: EventClass) -> Lane {
        Lane(epoch: epoch.id, partition: Partition(eventClass: eventClass, slot: 0))
    }

    /// Adds events as a commit does.
    func append(_ eventClass: EventClass, _ payloads: [String]) {
        let observer = state.withLock { state in
            state.events[eventClass, default: []] += payloads
            return state.observer
        }
        observer?()
    }

    var acknowledged: [Lane: SequenceSet] { state.withLock { $0.acknowledged } }

    var source: LaneSource {
        LaneSource(
            node: "gateway",
            epoch: Self.epoch,
            storeID: 5,
            lanes: { [self] _ in lanes() },
            read: { [self] in read($0, from: $1, maximumBytes: $2) },
            acknowledge: { [self] lane, landed, _ in
                state.withLock { state in
                    for range in landed.ranges { state.acknowledged[lane, default: SequenceSet()].insert(range) }
                }
            },
            giveUp: { [self] gap in
                let observer = state.withLock { state in
                    state.gaps.append(gap)
                    return state.observer
                }
                observer?()
            },
            clocks: { [self] _ in state.withLock { $0.clocks } },
            acknowledgeClock: { [self] name, _ in
                state.withLock { state in state.clocks.removeAll { $0.name == name } }
            },
            onCommit: { [self] observer in state.withLock { $0.observer = observer } }
        )
    }

    private func lanes() -> [LaneState] {
        state.withLock { state in
            EventClass.allCases.map { eventClass in
                LaneState(
                    lane: Self.lane(eventClass),
                    ordinal: 1,
                    node: "gateway",
                    acknowledged: state.acknowledged[Self.lane(eventClass)]?.cumulative ?? 0,
                    last: UInt64(state.events[eventClass]?.count ?? 0),
                    ceiling: 65_536,
                    held: false
                )
            }
        }
    }

    private func read(_ lane: Lane, from sequence: UInt64, maximumBytes: Int) -> LaneSlice {
        state.withLock { state in
            let events = state.events[lane.partition.eventClass] ?? []
            let gaps = state.gaps.filter { $0.lane == lane }
            if let gap = gaps.first(where: { ($0.first...$0.last).contains(sequence) }) { return .gap(gap) }
            let end = gaps.map(\.first).filter { $0 > sequence }.min().map { $0 - 1 } ?? UInt64(events.count)
            guard sequence <= end else { return .end }
            var block = EventBlock()
            for number in sequence...end where block.byteCount < maximumBytes {
                block.append(
                    sequence: number,
                    timestamp: 1_700_000_000_000 + Int64(number),
                    eventClass: lane.partition.eventClass,
                    topic: "a/b",
                    payload: Array(events[Int(number) - 1].utf8)
                )
            }
            return .events(block)
        }
    }
}
