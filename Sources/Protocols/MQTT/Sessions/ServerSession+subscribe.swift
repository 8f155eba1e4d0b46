// SPDX-License-Identifier: Apache-2.0

import Events

extension ServerSession {
    mutating func subscribe(_ request: Subscribe) -> Action {
        var subscriptions: [Subscription] = []
        var reasons: [ReasonCode] = []
        if let fault = fault(in: request) { return .close(fail(fault)) }
        for item in request.requests {
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

    /// What no SUBSCRIBE may hold; SUBACK has a code for filters that are "correctly formed but not allowed" only
    /// (MQTT 5.0 section 3.9.3), and a violation ends the connection (MQTT-4.13.1-1, MQTT 3.1.1: MQTT-4.8.0-1).
    private func fault(in request: Subscribe) -> MQTTFault? {
        for item in request.requests {
            guard isWellFormed(item.filter) else { return .malformed(malformed(item.filter)) }
            // MQTT-3.8.3-4
            if item.noLocal, SharedFilter.isShared(item.filter) {
                return .protocolError("no local for a shared subscription")
            }
        }
        return nil
    }

    /// MQTT 5.0 sections 4.7.1 (wildcards), 4.7.3 (length) and 4.8.2 (shared).
    private func isWellFormed(_ filter: String) -> Bool {
        SharedFilter.isShared(filter) ? SharedFilter(filter) != nil : TopicFilter(filter) != nil
    }

    private func malformed(_ filter: String) -> String {
        "not a topic filter: \(String(filter.unicodeScalars.prefix(40)))"
    }

    private func objection(to item: Subscribe.Request) -> ReasonCode? {
        if deniedFilters.contains(item.filter) { return .notAuthorized }
        // Levels cost a tree node and a call each when matching.
        if item.filter.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 200 { return .quotaExceeded }
        if grants[item.filter] == nil, grants.count >= limits.maximumSubscriptions { return .quotaExceeded }
        return nil
    }

    mutating func unsubscribe(_ request: Unsubscribe) -> Action {
        if let filter = request.filters.first(where: { !isWellFormed($0) }) {
            return .close(fail(.malformed(malformed(filter))))
        }
        var gone: [String] = []
        var reasons: [ReasonCode] = []
        for filter in request.filters {
            let isGone = grants.removeValue(forKey: filter) != nil
            if isGone { gone.append(filter) }
            reasons.append(isGone ? .success : .noSubscriptionExisted)
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
