// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerCore {
    /// A client's session for its new connection.
    struct Attachment {
        var session: BrokerSession
        var isResumed = false
        /// To be durable before the client hears of its session.
        var changes: [StateChange] = []
    }

    /// Gives a connection the session of its client: the one that there is, or a new one.
    ///
    /// Nil when there are too many sessions already. The connection that had it before must have let go of it.
    ///
    /// - Parameter takesOver: whether that was only now, and for this one.
    func attach(
        _ handle: ConnectionHandle,
        clientID: String,
        user: String,
        cleanStart: Bool,
        takesOver: Bool,
        _ asked: ServerSession
    ) -> Attachment? {
        var due = Due()
        let attachment = state.withLock { state -> Attachment? in
            let former = state.sessions[clientID]
            // What waits for one user is not for another who knows the name of the device.
            if let former, !cleanStart, former.user == user { return resume(former, handle, asked) }
            var changes: [StateChange] = []
            if let former {
                changes = former.numbers.map(StateChange.remove)
                // "If ... the new Network Connection has Clean Start set to 1 then ... it will be sent because the
                // original Session is ended on the takeover" (MQTT 5.0 section 3.1.4); where the client was away
                // already, its return takes the will back (MQTT-3.1.2-8).
                if takesOver, let will = former.state.withLock(\.will) { due.wills.append(will.message) }
                forget(former, in: &state)
            }
            guard state.sessions.count < configuration.maximumConnections * 2 else { return nil }
            let session = BrokerSession(
                clientID: clientID,
                user: user,
                number: makeRecordNumber(),
                isDurable: memory != nil && asked.sessionExpiry > 0,
                expiry: asked.sessionExpiry,
                backlog: newBacklog(),
                connection: handle
            )
            state.sessions[clientID] = session
            state.sessionsByNumber[session.number] = session
            if session.isDurable {
                let will = keptWill(asked)
                session.state.withLock { $0.will = will }
                changes.append(put(session, expiry: asked.sessionExpiry, will: will))
            }
            return Attachment(session: session, changes: changes)
        }
        carryOut(due)
        return attachment
    }

    private func resume(_ session: BrokerSession, _ handle: ConnectionHandle, _ asked: ServerSession) -> Attachment {
        let will = keptWill(asked)
        let isChanged = session.state.withLock { state in
            let isChanged = !state.isStored || state.expiry != asked.sessionExpiry || state.will != will
            state.connection = handle
            state.expiry = asked.sessionExpiry
            // The will of the connection before is not published: the client is back (MQTT-3.1.3-9).
            state.will = will
            state.willDue = nil
            state.end = nil
            return isChanged
        }
        var attachment = Attachment(session: session, isResumed: true)
        guard session.isDurable else { return attachment }
        if isChanged { attachment.changes.append(put(session, expiry: asked.sessionExpiry, will: will)) }
        attachment.changes += noteReturn(session)
        return attachment
    }

    /// Makes durable that what came while the client was away is sent from now on: after a restart it would not be known.
    private func noteReturn(_ session: BrokerSession) -> [StateChange] {
        session.state.withLock { state in
            guard state.backlog.holdsUnsent else { return [] }
            let former = state.returnNumber.map(StateChange.remove)
            let number = makeRecordNumber()
            state.returnNumber = number
            let body = BrokerRecord.returned(session: session.number).encoded()
            return [.put(StateRecord(number: number, body: body))] + [former].compactMap(\.self)
        }
    }

    func newBacklog() -> SessionBacklog {
        SessionBacklog(
            maximumCount: configuration.maximumQueuedMessages,
            maximumBytes: configuration.maximumQueuedBytes,
            budget: queueBudget
        )
    }

    private func keptWill(_ asked: ServerSession) -> KeptWill? {
        asked.will.map { KeptWill(delay: $0.properties.integer(.willDelay) ?? 0, message: KeptMessage($0, now())) }
    }

    /// The session's record with another will.
    func put(_ session: BrokerSession, will: KeptWill?) -> StateChange {
        put(session, expiry: session.state.withLock { $0.expiry }, will: will)
    }

    private func put(_ session: BrokerSession, expiry: UInt32, will: KeptWill?) -> StateChange {
        let record = BrokerRecord.session(
            clientID: session.clientID,
            user: session.user,
            expiry: expiry,
            will: will
        )
        return .put(StateRecord(number: session.number, body: record.encoded()))
    }

    /// The client is gone.
    ///
    /// - Parameters:
    ///   - expiry: as its last word was.
    ///   - publishesWill: false when it said goodbye.
    func detach(_ session: BrokerSession, from id: UInt64, expiry: UInt32, publishesWill: Bool) {
        let now = eventLoop.now
        let change = session.state.withLock { state -> StateChange? in
            guard state.connection?.id == id else { return nil }
            state.connection = nil
            let isChanged = state.expiry != expiry || (state.will != nil && !publishesWill)
            state.expiry = expiry
            if !publishesWill { state.will = nil }
            state.end = expiry == SessionExpiry.never ? nil : now + .seconds(Int64(expiry))
            // The will goes with the session at the latest (MQTT 5.0 section 3.1.3.2.2).
            state.willDue = state.will.map { now + .seconds(Int64(min($0.delay, expiry))) }
            return isChanged ? put(session, expiry: expiry, will: state.will) : nil
        }
        if session.isDurable, let change, expiry > 0 { memory?.note([change]) }
        var due = Due()
        state.withLock { settle(session, now, in: &$0, &due) }
        carryOut(due)
    }

    /// Takes a session out of everything; its records are the caller's to remove.
    func forget(_ session: BrokerSession, in state: inout State) {
        let filters = session.state.withLock { state in
            state.backlog.removeAll()
            return Array(state.grants.keys)
        }
        for filter in filters { state.trie.remove(filter: filter, subscriber: session.number) }
        subscriptionCount.store(state.trie.count, ordering: .relaxed)
        state.sessionsByNumber[session.number] = nil
        if state.sessions[session.clientID] === session { state.sessions[session.clientID] = nil }
    }
}
