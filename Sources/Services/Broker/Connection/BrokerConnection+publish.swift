// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore

extension BrokerConnection {
    /// Adds a message to the block of this read.
    func take(_ publish: Publish) {
        let attributes = publish.isPlain ? [] : EventAttributes(publish).encoded()
        append(
            topic: publish.topic.readableBytesSpan,
            attributes: attributes.span.bytes,
            payload: publish.payload.readableBytesSpan
        )
        if publish.packetID != 0 { blockIDs.append(publish.packetID) }
    }

    private func append(topic: RawSpan, attributes: RawSpan, payload: RawSpan) {
        block.append(timestamp: core.now(), topic: topic, attributes: attributes, payload: payload)
    }

    /// Publishes the will of a client that went without a word.
    func publishWill() {
        guard isIn, let will = session.will, mayPublish(will) else { return }
        append(
            topic: will.topic.utf8.span.bytes,
            attributes: EventAttributes(will).encoded().span.bytes,
            payload: will.payload.span.bytes
        )
        submit()
    }

    /// Hands the messages of this read to the store.
    func submit() {
        guard !block.isEmpty, let handle else { return }
        let taken = block
        let waits = PendingBlock(
            packetIDs: blockIDs,
            events: taken.count,
            bytes: taken.byteCount,
            block: core.hasSubscriptions ? taken : nil
        )
        block = EventBlock(reservingBytes: taken.byteCount, records: taken.count)
        blockIDs.removeAll(keepingCapacity: true)
        unansweredEvents += waits.events
        unansweredBytes += waits.bytes
        core.waits(bytes: waits.bytes)
        let number = firstPending + pending.count
        pending.append(waits)
        core.ingest(taken) { outcome in
            handle.execute { $0.answered(number, outcome) }
        }
    }

    /// Queues an answer behind those of the messages before it.
    func answerInOrder(_ answer: Packet) {
        submit()
        guard !pending.isEmpty else { return send(answer) }
        pending.append(PendingBlock(packetIDs: [], events: 0, bytes: 0, readyAnswer: answer))
    }

    /// Ingest answered a block: writes every answer whose turn has come, with one flush.
    private func answered(_ number: Int, _ outcome: IngestOutcome) {
        pending[pending.index(pending.startIndex, offsetBy: number - firstPending)].outcome = outcome
        while let first = pending.first, first.isAnswered {
            pending.removeFirst()
            firstPending += 1
            finish(first)
        }
        flush()
        resumeReading()
        stopIfAnswered()
    }

    private func finish(_ done: PendingBlock) {
        unansweredEvents -= done.events
        unansweredBytes -= done.bytes
        core.answered(bytes: done.bytes)
        if let answer = done.readyAnswer { send(answer) }
        guard let outcome = done.outcome else { return }
        switch outcome {
        case .accepted:
            core.count { $0.received += UInt64(done.events) }
            for id in done.packetIDs { send(.puback(PublishAnswer(packetID: id))) }
            if let block = done.block { deliverLocally(block) }
        case .refused(let reason):
            core.count { $0.refused["store trouble", default: 0] += UInt64(done.events) }
            core.throttle.warn("refused", "messages were refused: \(reason)", metadata: metadata)
            refuse(done.packetIDs, reason)
        }
        session.answered(done.packetIDs.count)
    }

    private func refuse(_ packetIDs: [UInt16], _ reason: String) {
        for id in packetIDs {
            guard let answer = session.refusal(of: id, .unspecifiedError, reason) else {
                // MQTT 3.1.1 has no way to say no: without an answer the client sends again after it reconnects.
                return close(session.end(.unspecifiedError, reason))
            }
            send(answer)
        }
    }

    private func deliverLocally(_ block: EventBlock) {
        for (subscriber, picks) in core.route(block, from: id) {
            subscriber.execute { $0.deliver(block, picks) }
        }
    }

    /// Counts a message that was not taken, by the reason that users read.
    func countRefusal(_ reason: ReasonCode) {
        let name: String
        switch reason {
        case .packetTooLarge, .quotaExceeded: name = "too large"
        case .topicNameInvalid: name = "topic invalid"
        case .notAuthorized: name = "not authorized"
        case .malformedPacket: name = "malformed"
        case .qosNotSupported: name = "QoS 2"
        case .retainNotSupported: name = "retained"
        default: return
        }
        core.count { $0.refused[name, default: 0] += 1 }
    }
}
