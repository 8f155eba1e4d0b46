// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import Synchronization

@testable import Broker

/// Commits in memory what a broker hands on: at once, when it is told to, or never; always in order.
final class TrialStore: Sendable {
    enum Mode {
        case accepts
        case holds
        case refuses
    }

    typealias Answer = @Sendable (IngestOutcome) -> Void

    fileprivate struct Entry {
        var payloads: [[UInt8]]
        var changes: [StateChange]
        /// Nil for changes that nobody waits for.
        var answer: Answer?
    }

    fileprivate struct State {
        var mode = Mode.accepts
        var waiting: [Entry] = []
        var records: [UInt64: StateRecord] = [:]
        var payloads: Set<[UInt8]> = []
        var hasRefused = false
        var isDead = false
    }

    private let state: Mutex<State>

    init() {
        state = Mutex(State())
    }

    private init(_ former: State) {
        state = Mutex(State(records: former.records, payloads: former.payloads))
    }

    /// What the disk holds after a crash at this moment.
    func copy() -> TrialStore {
        TrialStore(state.withLock(\.self))
    }

    /// The process that wrote here is no more: what waited is lost.
    func kill() {
        state.withLock { state in
            state.isDead = true
            state.waiting.removeAll()
        }
    }

    func take(_ block: EventBlock, _ changes: [StateChange], _ answer: @escaping Answer) {
        add(
            Entry(
                payloads: block.records.indices.map { Array(block.payload(at: $0)) },
                changes: changes,
                answer: answer
            )
        )
    }

    var memory: BrokerMemory {
        BrokerMemory(records: records) { changes in self.add(Entry(payloads: [], changes: changes)) }
    }

    var mode: Mode {
        get { state.withLock { $0.mode } }
        set {
            state.withLock { $0.mode = newValue }
            if newValue != .holds { settle(.max) }
        }
    }

    private func add(_ entry: Entry) {
        let isDue = state.withLock { state in
            if !state.isDead { state.waiting.append(entry) }
            return state.mode != .holds
        }
        if isDue { settle(.max) }
    }

    /// Answers the oldest of what waits; a store that holds accepts it.
    func settle(_ count: Int) {
        for _ in 0..<count {
            guard let (answer, outcome) = state.withLock({ $0.settleOne() }) else { return }
            answer?(outcome)
        }
    }

    var records: [StateRecord] { state.withLock { Array($0.records.values) } }
    var hasRefused: Bool { state.withLock { $0.hasRefused } }

    func hasCommitted(anyOf payloads: Set<[UInt8]>) -> Bool {
        state.withLock { !$0.payloads.isDisjoint(with: payloads) }
    }

    func hasSession(of clientID: String) -> Bool {
        records.contains { record in
            if case .session(clientID, _, _, _)? = BrokerRecord(record.body) { true } else { false }
        }
    }
}

extension TrialStore.State {
    fileprivate mutating func settleOne() -> (TrialStore.Answer?, IngestOutcome)? {
        guard !waiting.isEmpty else { return nil }
        let entry = waiting.removeFirst()
        if mode == .refuses, let answer = entry.answer {
            hasRefused = true
            return (answer, .refused(reason: "the disk is full"))
        }
        payloads.formUnion(entry.payloads)
        records.apply(entry.changes)
        return (entry.answer, .accepted)
    }
}

extension [UInt64: StateRecord] {
    mutating func apply(_ changes: [StateChange]) {
        for change in changes {
            switch change {
            case .put(let record): self[record.number] = record
            case .remove(let number): self[number] = nil
            }
        }
    }
}
