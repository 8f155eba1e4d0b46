// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore

extension BrokerConnection {
    /// Sends or queues messages of this node's devices; what finds no room is dropped and counted.
    func deliver(_ block: EventBlock, _ picks: [Pick]) {
        guard life == .serving else { return drop(picks.count) }
        var dropped = 0
        for pick in picks where !offer(pick, of: block) { dropped += 1 }
        drop(dropped)
        pump()
    }

    /// Sends or queues messages and calls `whenDone` when the last has found room.
    func deliver(_ block: EventBlock, _ picks: [Pick], whenDone: @escaping @Sendable () -> Void) {
        guard life == .serving else {
            drop(picks.count)
            return whenDone()
        }
        waiting.append(WaitingDelivery(block: block, picks: picks[...], whenDone: whenDone))
        pump()
    }

    /// Sends what waits, as far as socket and window allow, and lets more into the queue.
    func pump() {
        // A flush can tell of writability at once, and so come back here.
        guard life == .serving, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        repeat {
            socketIsFull = false
            fill()
            flush()
        } while socketIsFull && context?.channel.isWritable == true && life == .serving
    }

    private func fill() {
        if !queue.isEmpty { queue.drain { block, pick in transmit(pick, of: block) } }
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
        if queue.isEmpty, transmit(pick, of: block) { return true }
        return queue.append(pick, of: block)
    }

    /// Writes one message; false when the socket or the client's window is full.
    private func transmit(_ pick: Pick, of block: EventBlock) -> Bool {
        // What one flush holds is bounded too: the socket learns of it only then.
        guard let channel = context?.channel, channel.isWritable, outbound.readableBytes < 256 << 10 else {
            socketIsFull = true
            return false
        }
        let record = block.records[pick.index]
        // Here and not where it is routed: what waits goes by the rules of the moment in which it leaves.
        guard mayRead(block.bytes[record.topic]) else { return true }
        var header = PublishHeader(qualityOfService: pick.qualityOfService)
        if record.attributesLength > 0,
            let attributes = try? EventAttributes(decoding: block.attributes(at: pick.index))
        {
            let published = QualityOfService(rawValue: attributes.qualityOfService) ?? .atLeastOnce
            header.qualityOfService = min(pick.qualityOfService, published)
            header.retain = attributes.retain && pick.retainAsPublished
            if session.version == .v5 { header.properties = attributes.properties }
        }
        guard fits(record, header) else {
            drop(1)
            return true
        }
        if header.qualityOfService == .atLeastOnce {
            guard let packetID = session.takeDeliveryID() else { return false }
            header.packetID = packetID
        }
        let bytes = block.bytes.span.bytes
        header.encode(
            topic: bytes.extracting(record.topic),
            payload: bytes.extracting(record.payload),
            into: &outbound,
            version: session.version
        )
        progress += 1
        delivered += 1
        return true
    }

    /// "The Server MUST NOT send packets exceeding Maximum Packet Size to the Client" (MQTT-3.1.2-24).
    private func fits(_ record: EventBlock.Record, _ header: PublishHeader) -> Bool {
        guard session.clientMaximumPacketBytes != .max else { return true }
        let length = header.encodedLength(
            topicBytes: Int(record.topicLength),
            payloadBytes: Int(record.payloadLength),
            version: session.version
        )
        return length <= session.clientMaximumPacketBytes
    }

    private func drop(_ count: Int) {
        guard count > 0 else { return }
        core.count { $0.dropped += UInt64(count) }
        core.throttle.warn("dropped", "a subscriber's queue is full: messages to it were dropped", metadata: metadata)
    }

    /// Lets go of everything that waits for this subscriber.
    func abandonDeliveries() {
        let given = waiting
        waiting.removeAll()
        var lost = queue.count
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
