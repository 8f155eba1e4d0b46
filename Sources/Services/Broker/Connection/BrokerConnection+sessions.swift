// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerConnection {
    /// Lets a client in, once whoever had its name has left and its session is durable.
    func open(_ connect: Connect) {
        guard let handle else { return }
        let clientID = connect.clientID.isEmpty ? Self.inventClientID() : connect.clientID
        let (refusal, former) = core.admit(handle, clientID: clientID, user: user ?? "")
        if let refusal { return close(session.end(refusal, Self.words(for: refusal))) }
        claimedID = clientID
        guard let former else { return enter(connect, clientID, takesOver: false) }
        isAsking = true
        former.execute { connection in
            connection.takenOver()
            handle.execute { $0.enter(connect, clientID, takesOver: true) }
        }
    }

    private static func words(for refusal: ReasonCode) -> String {
        switch refusal {
        case .quotaExceeded: "too many clients"
        case .clientIdentifierNotValid: "another user is connected under this client identifier"
        default: "stopping"
        }
    }

    private static func inventClientID() -> String {
        "sluice-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private func enter(_ connect: Connect, _ clientID: String, takesOver: Bool) {
        guard life == .serving, let handle, core.owns(id, clientID: clientID) else { return }
        guard
            let found = core.attach(
                handle,
                clientID: clientID,
                user: user ?? "",
                cleanStart: connect.cleanStart,
                takesOver: takesOver,
                session
            )
        else {
            return close(session.end(.quotaExceeded, "too many sessions"))
        }
        kept = found.session
        guard !found.changes.isEmpty else { return welcome(found, clientID) }
        isAsking = true
        core.ingest(EventBlock(), found.changes) { outcome in
            handle.execute { $0.entered(found, clientID, outcome) }
        }
    }

    private func entered(_ found: BrokerCore.Attachment, _ clientID: String, _ outcome: IngestOutcome) {
        // Also when the client has gone: it may be back by now and wait for the same.
        if outcome == .accepted { found.session.state.withLock { $0.isStored = true } }
        guard life == .serving else { return }
        switch outcome {
        case .accepted: welcome(found, clientID)
        case .refused(let reason):
            // What was not written is not there the next time either.
            if !found.isResumed { session.discard() }
            close(session.end(.serverUnavailable, reason))
        }
    }

    private func welcome(_ found: BrokerCore.Attachment, _ clientID: String) {
        isIn = true
        let (resumption, released) = found.session.resume()
        let answer = session.accept(clientID: clientID, resuming: found.isResumed ? resumption : nil)
        guard write(answer) else { return closeSilently() }
        for packetID in released { sendRelease(packetID) }
        if session.keepAlive > 0 { arm(after: keepAliveLimit) } else { disarm() }
        if isAsking {
            isAsking = false
            processKept()
        } else {
            pump()
        }
    }

    /// Lets go of the session; the will is published now, or by the session when it is due.
    func part(publishesWill: Bool) {
        guard let kept else { return }
        let publishesWill = publishesWill && isIn
        let delay = session.will?.properties.integer(.willDelay) ?? 0
        let isNow = publishesWill && (delay == 0 || session.sessionExpiry == 0)
        if isNow { publishWill() }
        core.detach(kept, from: id, expiry: session.sessionExpiry, publishesWill: publishesWill && !isNow)
    }

    // MARK: Subscriptions

    func subscribe(_ subscriptions: [ServerSession.Subscription], _ packetID: UInt16, _ reasons: [ReasonCode]) {
        guard let kept else { return }
        // What was published before is not for it.
        submit()
        let answer = Packet.suback(Suback(packetID: packetID, reasons: reasons))
        var changes = core.subscribe(kept, to: subscriptions)
        var waits = PendingBlock(answers: [answer])
        let (matches, areArriving) = core.retained(for: subscriptions)
        waits.retained = matches
        if kept.isDurable {
            let once = waits.retained.filter { $0.quality != .atMostOnce }
            waits.retained.removeAll { $0.quality != .atMostOnce }
            waits.routing = core.keepRetained(once, for: kept)
            changes += waits.routing.changes
        }
        // Commits are in order: behind one of nothing, what was under way is over.
        if changes.isEmpty, areArriving { changes = [.remove(core.makeRecordNumber())] }
        commitOrAnswer(changes, waits)
    }

    func unsubscribe(_ filters: [String], _ answer: Packet) {
        guard let kept else { return }
        // What was published before is for it.
        submit()
        commitOrAnswer(core.unsubscribe(kept, from: filters), PendingBlock(answers: [answer]))
    }

    private func commitOrAnswer(_ changes: [StateChange], _ waits: PendingBlock) {
        guard changes.isEmpty else { return commit(changes, waits) }
        for answer in waits.answers { send(answer) }
        retainedWaiting.append(contentsOf: waits.retained)
    }

    // MARK: QoS 2 from the client

    /// Remembers a QoS 2 message until the client lets go of it.
    func note(received packetID: UInt16) -> [StateChange] {
        guard let kept, kept.isDurable else { return [] }
        let number = core.makeRecordNumber()
        kept.state.withLock { $0.received[packetID] = .init(number: number, isStored: false) }
        let body = BrokerRecord.received(session: kept.number, packetID: packetID).encoded()
        return [.put(StateRecord(number: number, body: body))]
    }

    /// A QoS 2 message is durable; the client may have asked for it on another connection meanwhile.
    func stored(_ packetID: UInt16) {
        guard let kept, kept.isDurable else { return }
        let asking = kept.state.withLock { state -> ConnectionHandle? in
            guard var received = state.received[packetID] else { return nil }
            defer { state.received[packetID] = received }
            received.isStored = true
            guard received.isAsked else { return nil }
            received.isAsked = false
            return state.connection
        }
        asking?.execute { connection in
            // One that is not let in yet will ask again.
            guard connection.session.isConnected else { return }
            connection.send(.pubrec(PublishAnswer(packetID: packetID)))
            connection.flush()
        }
    }

    /// A QoS 2 message was not taken; the client may have asked for it on another connection meanwhile, and be told there.
    func forget(_ packetID: UInt16, _ reason: String) {
        session.forget(packetID)
        guard let kept else { return }
        let (other, isAsked) = kept.state.withLock { state -> (ConnectionHandle?, Bool) in
            // Until it is told there, the message counts as one on its way.
            if let connection = state.connection, connection.id != id { return (connection, false) }
            return (nil, state.received.removeValue(forKey: packetID)?.isAsked ?? false)
        }
        if let other { return other.execute { $0.forget(packetID, reason) } }
        guard isAsked, session.isConnected, life == .serving else { return }
        guard let answer = session.refusal(of: packetID, .exactlyOnce, .unspecifiedError, reason) else {
            return close(session.end(.unspecifiedError, reason))
        }
        send(answer)
        flush()
    }

    /// The client sent a QoS 2 message again.
    func answerAgain(_ packetID: UInt16) {
        // What is on its way answers both: whether with yes or no is not known yet.
        guard !isOurs(packetID) else { return }
        let mustWait = kept?.state.withLock { state in
            guard state.received[packetID]?.isStored == false else { return false }
            state.received[packetID]?.isAsked = true
            return true
        }
        if mustWait != true { answerInOrder(.pubrec(PublishAnswer(packetID: packetID))) }
    }

    /// Whether the message is on its way on this connection.
    private func isOurs(_ packetID: UInt16) -> Bool {
        let isIt = { (answer: PendingBlock.Answer) in answer.isExactlyOnce && answer.packetID == packetID }
        return blockAnswers.contains(where: isIt) || pending.contains { $0.messages.contains(where: isIt) }
    }

    /// The client lets go of a QoS 2 message: PUBCOMP once that cannot be forgotten, or a later message under the same
    /// identifier would be taken for this one.
    func release(_ packetID: UInt16) {
        let answer = Packet.pubcomp(PublishAnswer(packetID: packetID))
        guard let kept, kept.isDurable, let received = kept.state.withLock({ $0.received[packetID] }) else {
            return answerInOrder(answer, released: 1)
        }
        commit(
            [.remove(received.number)],
            PendingBlock(answers: [answer], released: 1, letGo: (packetID, received.number))
        )
    }

    /// The session knows a message no longer, and never did once this process ends.
    ///
    /// - Parameter number: of its record: the client may have used the identifier for another message since.
    func settle(letGo packetID: UInt16, number: UInt64) {
        kept?.state.withLock { state in
            if state.received[packetID]?.number == number { state.received[packetID] = nil }
        }
    }

    // MARK: QoS 1 and 2 to the client

    /// The client is done with a message.
    func delivered(_ packetID: UInt16) {
        progress += 1
        guard let kept, kept.isDurable,
            let number = kept.state.withLock({ $0.backlog.finished(packetID) })
        else { return }
        finished.append(.remove(number))
    }

    /// The client has a QoS 2 message: PUBREL once that cannot be forgotten, or it would be sent again as another.
    func deliveryReceived(_ packetID: UInt16) {
        progress += 1
        guard let kept, kept.isDurable,
            let number = kept.state.withLock({ $0.backlog.received(packetID) })
        else { return answerInOrder(.pubrel(PublishAnswer(packetID: packetID))) }
        let body = BrokerRecord.released(session: kept.number, packetID: packetID).encoded()
        commit([.put(StateRecord(number: number, body: body))], PendingBlock(handedOver: packetID))
    }

    /// It is durable that the client has a message: PUBREL, on whichever connection the client has now.
    func settle(handedOver packetID: UInt16, isKept: Bool) {
        guard let kept else { return }
        let connection = kept.state.withLock { state in
            state.backlog.settleRelease(packetID, isKept: isKept)
            return state.connection
        }
        guard isKept, let connection else { return }
        if connection.id == id { return send(.pubrel(PublishAnswer(packetID: packetID))) }
        connection.execute { connection in
            // One that is not let in yet will find it in the session.
            guard connection.session.isConnected else { return }
            connection.sendRelease(packetID)
            connection.flush()
        }
    }

    /// PUBREL for a message that the client got on an earlier connection.
    private func sendRelease(_ packetID: UInt16) {
        session.resumeReceived(packetID)
        send(.pubrel(PublishAnswer(packetID: packetID)))
    }

    /// Has the records of messages removed that clients are done with.
    func noteFinished() {
        guard !finished.isEmpty else { return }
        core.memory?.note(finished)
        finished.removeAll(keepingCapacity: true)
    }
}
