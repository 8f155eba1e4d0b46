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
        let now = eventLoop.now
        for (index, record) in block.records.enumerated() where record.attributesLength > 0 {
            guard let attributes = try? EventAttributes(decoding: block.attributes(at: index)), attributes.retain else {
                continue
            }
            if record.payloadLength == 0 {
                // An empty one removes what is there (MQTT-3.3.1-6).
                let topic = block.bytes[record.topic]
                let number = state.retained.beginRemoving(topic)
                if let number { routing.changes.append(.remove(number)) }
                let ticket = state.retained.expect(nil, of: topic, now: now)
                routing.retained.append(
                    .init(index: index, isSet: false, hasRecord: number != nil, ticket: ticket)
                )
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
            let ticket = state.retained.expect(message, of: message.topic, now: now)
            routing.retained.append(.init(index: index, isSet: true, ticket: ticket))
        }
    }

    /// Keeps retained messages that have become durable.
    func settleRetained(_ block: EventBlock, _ changes: [Routing.RetainedChange], isKept: Bool) {
        let now = eventLoop.now
        var left: [StateChange] = []
        state.withLock { state in
            for change in changes {
                let record = block.records[change.index]
                let topic = block.bytes[record.topic]
                state.retained.arrived(change.ticket, of: topic)
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
    ///
    /// - Returns: also whether they wait for a commit that is under way.
    func retained(for subscriptions: [ServerSession.Subscription]) -> (matches: [RetainedMatch], areArriving: Bool) {
        let now = eventLoop.now
        return state.withLock { state in
            guard !state.retained.isEmpty else { return ([], false) }
            var areArriving = false
            let matches = subscriptions.flatMap { subscription -> [RetainedMatch] in
                guard subscription.wantsRetained, let filter = TopicFilter(subscription.grant.filter) else { return [] }
                areArriving = areArriving || state.retained.isArriving(filter)
                let pick = Pick(
                    index: 0,
                    qualityOfService: subscription.grant.qualityOfService,
                    retainAsPublished: true,
                    identifiers: subscription.grant.identifier == 0 ? [] : [subscription.grant.identifier],
                    isRetained: true
                )
                return state.retained.matching(filter, now: now).map { RetainedMatch(message: $0, pick: pick) }
            }
            return (matches, areArriving)
        }
    }
}
