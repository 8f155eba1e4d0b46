// SPDX-License-Identifier: Apache-2.0

import Events

extension ServerSession {
    mutating func subscribe(_ request: Subscribe) -> Action {
        if request.properties.integer(.subscriptionIdentifier) != nil {
            return .close(end(.subscriptionIdentifiersNotSupported, "subscription identifiers are not offered"))
        }
        var granted: [Grant] = []
        var reasons: [ReasonCode] = []
        for item in request.requests {
            if let objection = objection(to: item) {
                reasons.append(objection)
                continue
            }
            // QoS 2 is granted as QoS 1 (MQTT 3.1.1 section 3.8.4).
            let quality = min(item.qualityOfService, .atLeastOnce)
            let grant = Grant(
                filter: item.filter,
                qualityOfService: quality,
                noLocal: item.noLocal,
                retainAsPublished: item.retainAsPublished
            )
            grants[item.filter] = grant
            granted.append(grant)
            reasons.append(quality == .atMostOnce ? .success : .grantedQoS1)
        }
        return .subscribe(granted, answer: .suback(Suback(packetID: request.packetID, reasons: reasons)))
    }

    private func objection(to item: Subscribe.Request) -> ReasonCode? {
        guard TopicFilter(item.filter) != nil else { return .topicFilterInvalid }
        if deniedFilters.contains(item.filter) { return .notAuthorized }
        if version == .v5, item.filter.hasPrefix("$share/") { return .sharedSubscriptionsNotSupported }
        // Levels cost a tree node and a call each when matching.
        if item.filter.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 200 { return .quotaExceeded }
        if grants[item.filter] == nil, grants.count >= limits.maximumSubscriptions { return .quotaExceeded }
        return nil
    }

    mutating func unsubscribe(_ request: Unsubscribe) -> Action {
        var gone: [String] = []
        var reasons: [ReasonCode] = []
        for filter in request.filters {
            if grants.removeValue(forKey: filter) != nil {
                gone.append(filter)
                reasons.append(.success)
            } else {
                reasons.append(TopicFilter(filter) == nil ? .topicFilterInvalid : .noSubscriptionExisted)
            }
        }
        return .unsubscribe(gone, answer: .unsuback(Unsuback(packetID: request.packetID, reasons: reasons)))
    }
}
