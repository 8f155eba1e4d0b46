// SPDX-License-Identifier: Apache-2.0

import Events

extension ServerSession {
    mutating func subscribe(_ request: Subscribe) -> Action {
        var subscriptions: [Subscription] = []
        var reasons: [ReasonCode] = []
        for item in request.requests {
            if item.noLocal, SharedFilter.isShared(item.filter) {
                // MQTT-3.8.3-4
                return .close(end(.protocolError, "no local for a shared subscription"))
            }
            if let objection = objection(to: item) {
                reasons.append(objection)
                continue
            }
            let grant = Grant(
                filter: item.filter,
                qualityOfService: item.qualityOfService,
                noLocal: item.noLocal,
                retainAsPublished: item.retainAsPublished,
                identifier: request.properties.integer(.subscriptionIdentifier) ?? 0
            )
            let isNew = grants.updateValue(grant, forKey: item.filter) == nil
            subscriptions.append(Subscription(grant: grant, wantsRetained: item.wantsRetained(isNew: isNew)))
            reasons.append(.granted(item.qualityOfService))
        }
        return .subscribe(subscriptions, packetID: request.packetID, reasons: reasons)
    }

    /// Takes back what was granted: it could not be kept.
    package mutating func revoke(_ filter: String) {
        grants[filter] = nil
    }

    private func objection(to item: Subscribe.Request) -> ReasonCode? {
        let isValid =
            SharedFilter.isShared(item.filter)
            ? SharedFilter(item.filter) != nil : TopicFilter(item.filter) != nil
        guard isValid else { return .topicFilterInvalid }
        if deniedFilters.contains(item.filter) { return .notAuthorized }
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

extension Subscribe.Request {
    /// Whether the retained messages are asked for; a shared subscription never gets them (MQTT 5.0 section 4.8.2).
    fileprivate func wantsRetained(isNew: Bool) -> Bool {
        guard !SharedFilter.isShared(filter) else { return false }
        return retainHandling == 0 || (retainHandling == 1 && isNew)
    }
}

extension ReasonCode {
    static func granted(_ qualityOfService: QualityOfService) -> ReasonCode {
        switch qualityOfService {
        case .atMostOnce: .success
        case .atLeastOnce: .grantedQoS1
        case .exactlyOnce: .grantedQoS2
        }
    }
}
