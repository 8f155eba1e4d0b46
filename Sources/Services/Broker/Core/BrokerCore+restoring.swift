// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerCore {
    /// Takes up sessions and retained messages of an earlier run.
    ///
    /// A session's time begins anew: how long this program was away is not known for sure, and a clock that was set
    /// meanwhile must not end sessions. So does the time of its will, which its client had not taken back.
    func restore() {
        guard let memory else { return }
        var orphans: [StateChange] = []
        let records = memory.records.sorted { $0.number < $1.number }.map { ($0.number, BrokerRecord($0.body)) }
        let now = eventLoop.now
        var due = Due()
        state.withLock { state in
            for case (let number, .session(let clientID, let user, let expiry, let will)?) in records {
                let session = BrokerSession(
                    clientID: clientID,
                    user: user,
                    number: number,
                    isDurable: true,
                    expiry: expiry,
                    backlog: newBacklog(),
                    connection: nil
                )
                session.state.withLock { state in
                    state.isStored = true
                    state.will = will
                    state.end = expiry == SessionExpiry.never ? nil : now + .seconds(Int64(expiry))
                    // Who was there when this program was killed is given the time to come back.
                    state.willDue = will.map { now + .seconds(Int64(max($0.delay, Self.returnSeconds))) }
                }
                // A commit that failed may have left the session before it: what belonged to that is an orphan.
                if let former = state.sessions[clientID] { state.sessionsByNumber[former.number] = nil }
                state.sessions[clientID] = session
                state.sessionsByNumber[number] = session
            }
            for case (let number, .returned(let session)?) in records {
                state.sessionsByNumber[session]?.state.withLock { $0.returnNumber = number }
            }
            for (number, record) in records where !restore(record, number, now, in: &state) {
                orphans.append(.remove(number))
            }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
            for session in Array(state.sessions.values) { settle(session, now, in: &state, &due) }
            if let next = state.retained.nextDeadline { schedule(next, in: &state) }
        }
        due.changes += orphans
        carryOut(due)
    }

    /// Seconds that clients have for coming back after a restart before their wills are published.
    private static let returnSeconds: UInt32 = 30

    /// False for what belongs to nothing, as a crash may leave it behind.
    private func restore(
        _ record: BrokerRecord?,
        _ number: UInt64,
        _ now: NIODeadline,
        in state: inout State
    ) -> Bool {
        guard let record else { return false }
        if case .session(let clientID, _, _, _) = record { return state.sessions[clientID]?.number == number }
        if case .retained(let message) = record {
            state.retained.restore(message, number: number, now: now)
            return true
        }
        guard let session = record.session.flatMap({ state.sessionsByNumber[$0] }) else { return false }
        switch record {
        case .subscription(_, let grant):
            insert(grant, for: session, into: &state.trie)
            session.state.withLock { state in
                state.grants[grant.filter] = grant
                state.grantNumbers[grant.filter] = number
            }
        case .received(_, let packetID):
            session.state.withLock { $0.received[packetID] = .init(number: number, isStored: true) }
        case .message(_, let queued):
            session.state.withLock { state in
                // MQTT-3.3.1-1: marked as a duplicate where it may be one.
                let wasSent = !queued.isUnsent || number < state.returnNumber ?? 0
                state.backlog.restore(queued, number: number, wasSent: wasSent)
            }
        case .released(_, let packetID):
            session.state.withLock { $0.backlog.restore(released: packetID, number: number) }
        case .session, .retained, .returned: break
        }
        return true
    }
}
