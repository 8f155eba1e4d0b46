// SPDX-License-Identifier: Apache-2.0

import Batching
import Dispatch
import Events
import Reception
import Storage
import Synchronization

/// A log in memory with the disk that a test wants: quick, held up, or full.
final class ScriptedLog: Sendable {
    struct State {
        /// What landed, in the order in which it did.
        var rows: [(node: String, lane: Lane, sequences: ClosedRange<UInt64>)] = []
        var landed: [Lane: SequenceSet] = [:]
        var greeted: [AgentIntroduction] = []
        var primers: [Primer] = []
        var clocks: [ClockAnnouncement] = []
        var noted: [AgentIntroduction.LaneSummary] = []
        /// What completes when the disk is let go.
        var held: [@Sendable () -> Void] = []
        var isHeld = false
        var isFull = false
        /// Every so many landings one is refused on the caller's thread, as by a queue without room.
        var refusesEvery = Int.max
        var landings = 0
    }

    let state = Mutex(State())
    private let writer = DispatchQueue(label: "scripted-log")

    var port: LogPort {
        LogPort(
            hubID: 77,
            hubEpoch: 78,
            land: { node, lane, _, block, completion in
                guard !self.isBusy else { return completion(.failure(.unavailable("busy"))) }
                let sequences = block.records[0].sequence...block.records[block.count - 1].sequence
                self.enqueue { self.land(node, lane, sequences, completion) }
            },
            record: { node, gap, completion in
                self.enqueue { self.land(node, gap.lane, gap.first...gap.last, completion) }
            },
            keep: { _, primer, completion in
                self.enqueue {
                    self.state.withLock { $0.primers.append(primer) }
                    completion(.success(.landed))
                }
            },
            clock: { clock, _, completion in
                self.enqueue {
                    self.state.withLock { $0.clocks.append(clock) }
                    completion(.success(()))
                }
            },
            primers: { _, identifiers in
                self.state.withLock { $0.primers.filter { identifiers.contains($0.identifier) } }
            },
            greet: { introduction throws(StoreError) in try self.greet(introduction) },
            note: { lane in self.state.withLock { $0.noted.append(lane) } }
        )
    }

    var rows: [ClosedRange<UInt64>] { state.withLock { $0.rows.map(\.sequences) } }

    /// Nothing completes until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for body in held { writer.async(execute: body) }
    }

    func fill(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    func refuse(every count: Int) { state.withLock { $0.refusesEvery = count } }

    private var isBusy: Bool {
        state.withLock { state in
            state.landings += 1
            return state.landings % state.refusesEvery == 0
        }
    }

    private func enqueue(_ body: @escaping @Sendable () -> Void) {
        let isHeld = state.withLock { state in
            if state.isHeld { state.held.append(body) }
            return state.isHeld
        }
        if !isHeld { writer.async(execute: body) }
    }

    private func land(
        _ node: String,
        _ lane: Lane,
        _ sequences: ClosedRange<UInt64>,
        _ completion: LogPort.Completion
    ) {
        let result: Result<Landed, StoreError> = state.withLock { state in
            guard !state.isFull else { return .failure(.diskFull(path: "hub.db")) }
            let new = state.landed[lane, default: .init()].missing(in: sequences)
            state.landed[lane, default: .init()].insert(sequences)
            for range in new { state.rows.append((node, lane, range)) }
            return .success(Landed(sequences: state.landed[lane] ?? .init(), new: new.count, repeated: 0))
        }
        completion(result)
    }

    private func greet(_ introduction: AgentIntroduction) throws(StoreError) -> [Lane: SequenceSet] {
        let landed: [Lane: SequenceSet]? = state.withLock { state in
            guard !state.isFull else { return nil }
            state.greeted.append(introduction)
            return state.landed
        }
        guard let landed else { throw .diskFull(path: "hub.db") }
        return landed
    }
}
