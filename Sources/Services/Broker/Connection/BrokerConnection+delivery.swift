// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerConnection {
    /// Sends or queues messages of this node's devices; what finds no room is dropped and counted.
    func deliver(_ block: EventBlock, _ picks: [Pick]) {
        guard life == .serving else { return drop(picks.count, .left) }
        var dropped = 0
        for pick in picks where !offer(pick, of: block) { dropped += 1 }
        drop(dropped, .full)
        pump()
    }

    /// Sends or queues messages and calls `whenDone` when the last has found room.
    func deliver(_ block: EventBlock, _ picks: [Pick], whenDone: @escaping @Sendable () -> Void) {
        guard life == .serving else {
            drop(picks.count, .left)
            return whenDone()
        }
        waiting.append(WaitingDelivery(block: block, picks: picks[...], whenDone: whenDone))
        pump()
    }

    /// Sends what waits, as far as socket and window allow, and lets more into the queue.
    func pump() {
        // A flush can tell of writability at once, and so come back here.
        guard life == .serving, !isPumping, !isAsking else { return }
        isPumping = true
        defer { isPumping = false }
        repeat {
            socketIsFull = false
            fill()
            flush()
        } while socketIsFull && context?.channel.isWritable == true && life == .serving
        noteFinished()
    }

    private func fill() {
        sendBacklog()
        sendRetained()
        if !queue.isEmpty, awaitedRetained == 0 { queue.drain { block, pick in transmit(pick, of: block) } }
        while var first = waiting.first {
            while let pick = first.picks.first, offer(pick, of: first.block) { first.picks.removeFirst() }
            guard first.picks.isEmpty else {
                waiting[waiting.startIndex] = first
                return watchSlowness()
            }
            waiting.removeFirst()
            first.whenDone()
        }
        slownessTimer?.cancel()
        slownessTimer = nil
    }

    private func offer(_ pick: Pick, of block: EventBlock) -> Bool {
        // Nothing overtakes what waits, nor CONNACK.
        if !isAsking, queue.isEmpty, retainedWaiting.isEmpty, awaitedRetained == 0, transmit(pick, of: block) {
            return true
        }
        return queue.append(pick, of: block)
    }

    /// Whether one more message may be written.
    private var hasSocketRoom: Bool {
        // What one flush holds is bounded too: the socket learns of it only then.
        if let channel = context?.channel, channel.isWritable, outbound.readableBytes < 256 << 10 { return true }
        socketIsFull = true
        return false
    }

    /// Sends what the session keeps, as far as the window allows.
    private func sendBacklog() {
        guard let kept, kept.isDurable else { return }
        while session.hasDeliveryRoom, hasSocketRoom, let next = kept.state.withLock({ $0.backlog.next() }) {
            let queued = next.queued
            let message = queued.message
            var header = PublishHeader(
                packetID: queued.packetID,
                qualityOfService: queued.qualityOfService,
                retain: queued.retain,
                duplicate: next.isAgain
            )
            kept.state.withLock { $0.backlog.sent(queued.packetID) }
            let bytes = message.bytes.span.bytes
            guard mayRead(message.topic),
                prepare(&header, message.attributes, queued.identifiers, since: message.timestamp),
                write(
                    header,
                    topic: bytes.extracting(0..<message.topicLength),
                    payload: bytes.extracting(message.payloadRange)
                )
            else {
                // Expired, forbidden by now, or too large for this client: it is done with.
                delivered(queued.packetID)
                continue
            }
            session.startDelivery(queued.packetID, queued.qualityOfService)
        }
    }

    private func sendRetained() {
        while let match = retainedWaiting.first {
            let message = match.message
            let bytes = message.bytes.span.bytes
            var header = PublishHeader(qualityOfService: match.quality, retain: true)
            guard
                !mayRead(message.topic)
                    || transmit(
                        &header,
                        message.attributes,
                        match.pick.identifiers,
                        since: message.timestamp,
                        topic: bytes.extracting(0..<message.topicLength),
                        payload: bytes.extracting(message.payloadRange)
                    )
            else { return }
            retainedWaiting.removeFirst()
        }
    }

    /// Writes one message; false when the socket or the client's window is full.
    private func transmit(_ pick: Pick, of block: EventBlock) -> Bool {
        let record = block.records[pick.index]
        // Here and not where it is routed: what waits goes by the rules of the moment in which it leaves.
        guard mayRead(block.bytes[record.topic]) else { return true }
        var header = PublishHeader(qualityOfService: pick.qualityOfService)
        var attributes: EventAttributes?
        if record.attributesLength > 0 { attributes = try? EventAttributes(decoding: block.attributes(at: pick.index)) }
        if let attributes {
            let published = QualityOfService(rawValue: attributes.qualityOfService) ?? .atLeastOnce
            header.qualityOfService = min(pick.qualityOfService, published)
            header.retain = attributes.retain && pick.retainAsPublished
        } else {
            header.qualityOfService = min(pick.qualityOfService, .atLeastOnce)
        }
        let bytes = block.bytes.span.bytes
        return transmit(
            &header,
            attributes,
            pick.identifiers,
            since: record.timestamp,
            topic: bytes.extracting(record.topic),
            payload: bytes.extracting(record.payload)
        )
    }

    private func transmit(
        _ header: inout PublishHeader,
        _ attributes: EventAttributes?,
        _ identifiers: [UInt32],
        since timestamp: Int64,
        topic: RawSpan,
        payload: RawSpan
    ) -> Bool {
        guard hasSocketRoom else { return false }
        guard prepare(&header, attributes, identifiers, since: timestamp) else { return true }
        if header.qualityOfService != .atMostOnce {
            guard let packetID = session.takeDeliveryID(header.qualityOfService) else { return false }
            header.packetID = packetID
        }
        if !write(header, topic: topic, payload: payload), header.packetID != 0 {
            session.abandonDelivery(header.packetID)
        }
        return true
    }

    /// Adds the properties of a message; false when its time is over.
    private func prepare(
        _ header: inout PublishHeader,
        _ attributes: EventAttributes?,
        _ identifiers: [UInt32],
        since timestamp: Int64
    ) -> Bool {
        var attributes = attributes
        if let expiry = attributes?.expiry, core.configuration.allowsPublish {
            // "MUST be set to the received value minus the time that the message has been waiting" (MQTT-3.3.2-6); a
            // clock that was set back meanwhile counts as no time.
            let waited = max(0, core.now() - timestamp) / 1_000
            guard waited < Int64(expiry) else { return false }
            attributes?.expiry = expiry - UInt32(waited)
        }
        guard session.version == .v5 else { return true }
        if let attributes { header.properties = attributes.properties }
        for identifier in identifiers { header.properties.append(.subscriptionIdentifier, identifier) }
        return true
    }

    /// Writes a message whose turn it is; false when it is too large for the client, and so dropped.
    private func write(_ header: PublishHeader, topic: RawSpan, payload: RawSpan) -> Bool {
        var header = header
        guard fits(header, topic: topic, payload: payload) else {
            drop(1, .tooLarge)
            return false
        }
        var topic = topic
        if let (alias, isNew) = session.alias(of: topic) {
            header.properties.append(.topicAlias, UInt32(alias))
            if !isNew { topic = topic.extracting(0..<0) }
        }
        header.encode(topic: topic, payload: payload, into: &outbound, version: session.version)
        progress += 1
        delivered += 1
        return true
    }

    /// "The Server MUST NOT send packets exceeding Maximum Packet Size to the Client" (MQTT-3.1.2-24).
    private func fits(_ header: PublishHeader, topic: RawSpan, payload: RawSpan) -> Bool {
        guard session.clientMaximumPacketBytes != .max else { return true }
        let length = header.encodedLength(
            topicBytes: topic.byteCount,
            payloadBytes: payload.byteCount,
            version: session.version
        )
        // A topic alias takes three bytes more.
        return length + (session.usesAliases ? 3 : 0) <= session.clientMaximumPacketBytes
    }

    /// Why a message does not reach a subscriber.
    private enum Drop {
        case left, full, tooLarge

        /// Nothing is wrong with a subscriber that goes while something is under way to it.
        var complaint: String? {
            switch self {
            case .left: nil
            case .full: "a subscriber's queue is full: messages to it were dropped"
            case .tooLarge: "a message is longer than a subscriber takes (its maximum packet size): not sent to it"
            }
        }
    }

    private func drop(_ count: Int, _ reason: Drop) {
        guard count > 0 else { return }
        core.count { $0.dropped += UInt64(count) }
        guard let complaint = reason.complaint else { return }
        core.throttle.warn("dropped \(reason)", complaint, metadata: metadata)
    }

    /// Lets go of everything that waits for this subscriber.
    func abandonDeliveries() {
        let given = waiting
        waiting.removeAll()
        retainedWaiting.removeAll()
        var lost = queue.removeAll()
        for delivery in given { lost += delivery.picks.count }
        if lost > 0 { core.count { $0.dropped += UInt64(lost) } }
        for delivery in given { delivery.whenDone() }
    }

    private func watchSlowness() {
        guard slownessTimer == nil else { return }
        let seen = progress
        slownessTimer = handle?.schedule(in: .init(core.configuration.slowSubscriberTimeout)) { connection in
            connection.slownessTimer = nil
            connection.checkSlowness(since: seen)
        }
    }

    private func checkSlowness(since seen: UInt64) {
        guard life == .serving, !waiting.isEmpty else { return }
        guard progress == seen else { return watchSlowness() }
        close(
            session.end(.quotaExceeded, "the subscriber took nothing for \(core.configuration.slowSubscriberTimeout)")
        )
    }
}
