// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

/// A retained message for a new subscription.
struct RetainedMatch: Sendable {
    var message: KeptMessage
    var pick: Pick

    /// With which it is sent.
    var quality: QualityOfService {
        min(pick.qualityOfService, QualityOfService(rawValue: message.attributes.qualityOfService) ?? .atLeastOnce)
    }
}

extension BrokerCore {
    /// Notes what the messages with the retain flag will do, and gives their records numbers.
    func retain(_ block: EventBlock, in state: inout State, _ routing: inout Routing) {
        for (index, record) in block.records.enumerated() where record.attributesLength > 0 {
            guard let attributes = try? EventAttributes(decoding: block.attributes(at: index)), attributes.retain else {
                continue
            }
            if record.payloadLength == 0 {
                // An empty one removes what is there (MQTT-3.3.1-6).
                let number = state.retained.beginRemoving(block.bytes[record.topic])
                if let number { routing.changes.append(.remove(number)) }
                routing.retained.append(.init(index: index, isSet: false, hasRecord: number != nil))
                continue
            }
            let message = KeptMessage(record, of: block)
            guard let number = state.retained.beginSetting(message, next: makeRecordNumber) else {
                state.statistics.unretained += 1
                continue
            }
            if memory != nil {
                let body = BrokerRecord.retained(message).encoded()
                routing.changes.append(.put(StateRecord(number: number, body: body)))
            }
            routing.retained.append(.init(index: index, isSet: true))
        }
    }

    /// Shows retained messages to new subscribers once they are durable.
    func settleRetained(_ block: EventBlock, _ changes: [Routing.RetainedChange], isKept: Bool) {
        let now = eventLoop.now
        var left: [StateChange] = []
        state.withLock { state in
            for change in changes {
                let record = block.records[change.index]
                let topic = block.bytes[record.topic]
                if isKept, change.isSet {
                    let deadline = state.retained.set(KeptMessage(record, of: block), now: now)
                    if let deadline { schedule(deadline, in: &state) }
                } else if isKept {
                    state.retained.remove(topic)
                }
                guard change.hasRecord, let number = state.retained.settle(topic, isKept: isKept) else { continue }
                left.append(.remove(number))
            }
        }
        if !left.isEmpty { memory?.note(left) }
    }

    /// The retained messages that a client's new subscriptions ask for; one that several match once for each.
    func retained(for subscriptions: [ServerSession.Subscription]) -> [RetainedMatch] {
        let now = eventLoop.now
        return state.withLock { state in
            guard state.retained.count > 0 else { return [] }
            return subscriptions.flatMap { subscription -> [RetainedMatch] in
                guard subscription.wantsRetained, let filter = TopicFilter(subscription.grant.filter) else { return [] }
                let pick = Pick(
                    index: 0,
                    qualityOfService: subscription.grant.qualityOfService,
                    retainAsPublished: true,
                    identifiers: subscription.grant.identifier == 0 ? [] : [subscription.grant.identifier],
                    isRetained: true
                )
                return state.retained.matching(filter, now: now).map { RetainedMatch(message: $0, pick: pick) }
            }
        }
    }
}
