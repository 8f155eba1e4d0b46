// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore

extension BrokerConnection {
    /// Adds a message to the block of this read.
    func take(_ publish: Publish) {
        let attributes = publish.isPlain ? [] : EventAttributes(publish).encoded()
        block.append(
            timestamp: core.now(),
            topic: publish.topic.readableBytesSpan,
            attributes: attributes.span.bytes,
            payload: publish.payload.readableBytesSpan
        )
        if publish.retain { blockRetains = true }
        guard publish.packetID != 0 else { return }
        let isExactlyOnce = publish.qualityOfService == .exactlyOnce
        blockAnswers.append(.init(packetID: publish.packetID, isExactlyOnce: isExactlyOnce))
        if isExactlyOnce { blockChanges += note(received: publish.packetID) }
    }

    /// Publishes the will of a client that went without a word.
    func publishWill() {
        guard isIn, let will = session.will, mayPublish(will) else { return }
        KeptMessage(will, core.now()).append(to: &block)
        if will.retain { blockRetains = true }
        submit()
    }

    /// Hands the messages of this read to the store.
    func submit() {
        guard !block.isEmpty else { return }
        let taken = block
        var waits = PendingBlock(messages: blockAnswers, events: taken.count, bytes: taken.byteCount)
        if core.hasSubscriptions || blockRetains {
            waits.routing = core.route(taken, from: kept?.number, retains: blockRetains)
            if !waits.routing.isEmpty { waits.block = taken }
        }
        let changes = blockChanges + waits.routing.changes
        block = EventBlock(reservingBytes: taken.byteCount, records: taken.count)
        blockAnswers.removeAll(keepingCapacity: true)
        blockChanges.removeAll()
        blockRetains = false
        for (subscriber, picks) in waits.routing.atOnce { subscriber.execute { $0.deliver(taken, picks) } }
        waits.routing.atOnce = []
        commit(waits, taken, changes)
    }

    /// Makes changes durable, and then sends what is to be sent, behind the answers to the messages before.
    func commit(_ changes: [StateChange], _ waits: PendingBlock) {
        submit()
        commit(waits, EventBlock(), changes)
    }

    private func commit(_ waits: PendingBlock, _ taken: EventBlock, _ changes: [StateChange]) {
        guard let handle else { return }
        unansweredEvents += waits.events
        unansweredBytes += waits.bytes
        core.waits(bytes: waits.bytes)
        if !waits.retained.isEmpty { awaitedRetained += 1 }
        let number = firstPending + pending.count
        pending.append(waits)
        core.ingest(taken, changes) { outcome in
            handle.execute { $0.answered(number, outcome) }
        }
    }

    /// Queues an answer behind those of the messages before it.
    func answerInOrder(_ answer: Packet, released: Int = 0) {
        submit()
        let waits = PendingBlock(answers: [answer], released: released, outcome: .accepted)
        if pending.isEmpty { finish(waits) } else { pending.append(waits) }
    }

    /// Ingest answered a block: writes every answer whose turn has come, with one flush.
    private func answered(_ number: Int, _ outcome: IngestOutcome) {
        pending[pending.index(pending.startIndex, offsetBy: number - firstPending)].outcome = outcome
        while let first = pending.first, first.outcome != nil {
            pending.removeFirst()
            firstPending += 1
            finish(first)
        }
        // What follows answers: retained messages, and what the client's own messages brought it.
        pump()
        flush()
        resumeReading()
        stopIfAnswered()
    }

    private func finish(_ done: PendingBlock) {
        unansweredEvents -= done.events
        unansweredBytes -= done.bytes
        core.answered(bytes: done.bytes)
        if !done.retained.isEmpty { awaitedRetained -= 1 }
        guard let outcome = done.outcome else { return }
        core.distribute(done.block ?? EventBlock(), done.routing, outcome)
        if let packetID = done.handedOver { settle(handedOver: packetID, isKept: outcome == .accepted) }
        if let gone = done.letGo, outcome == .accepted { settle(letGo: gone.packetID, number: gone.number) }
        switch outcome {
        case .accepted: accept(done)
        case .refused(let reason): refuse(done, reason)
        }
    }

    private func accept(_ done: PendingBlock) {
        if done.events > 0 { core.count { $0.received += UInt64(done.events) } }
        var acknowledged = done.released
        for message in done.messages {
            if message.isExactlyOnce {
                send(.pubrec(PublishAnswer(packetID: message.packetID)))
                stored(message.packetID)
            } else {
                send(.puback(PublishAnswer(packetID: message.packetID)))
                acknowledged += 1
            }
        }
        for answer in done.answers { send(answer) }
        session.answered(acknowledged)
        retainedWaiting.append(contentsOf: done.retained)
    }

    private func refuse(_ done: PendingBlock, _ reason: String) {
        core.count { $0.refused["store trouble", default: 0] += UInt64(done.events) }
        core.throttle.warn("refused", "messages were refused: \(reason)", metadata: metadata)
        session.answered(done.messages.count)
        for message in done.messages where message.isExactlyOnce { forget(message.packetID, reason) }
        // What was no message has no way to say no: a client that comes back asks again.
        guard done.answers.isEmpty, done.handedOver == nil else { return close(session.end(.unspecifiedError, reason)) }
        for message in done.messages {
            let quality: QualityOfService = message.isExactlyOnce ? .exactlyOnce : .atLeastOnce
            guard let answer = session.refusal(of: message.packetID, quality, .unspecifiedError, reason) else {
                // MQTT 3.1.1 has no way to say no: without an answer the client sends again after it reconnects.
                return close(session.end(.unspecifiedError, reason))
            }
            send(answer)
        }
    }

    /// Counts a message that was not taken, by the reason that users read.
    func countRefusal(_ reason: ReasonCode) {
        let name: String
        switch reason {
        case .packetTooLarge, .quotaExceeded: name = "too large"
        case .notAuthorized: name = "not authorized"
        case .malformedPacket: name = "malformed"
        default: return
        }
        core.count { $0.refused[name, default: 0] += 1 }
    }
}
