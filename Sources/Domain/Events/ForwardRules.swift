// SPDX-License-Identifier: Apache-2.0

/// Which topics go upstream, and as what: `alarms/#=alarm,telemetry/#` (`SLUICE_FORWARD`).
package struct ForwardRules: Sendable, Equatable {
    package struct Rule: Sendable, Equatable {
        package var filter: TopicFilter
        package var eventClass: EventClass

        package init(filter: TopicFilter, eventClass: EventClass) {
            self.filter = filter
            self.eventClass = eventClass
        }
    }

    package var rules: [Rule]

    package init(rules: [Rule]) {
        self.rules = rules
    }

    /// Parses the text of `SLUICE_FORWARD`; nil where an item is not `filter` or `filter=class`.
    package init?(text: String) {
        rules = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            guard let filter = TopicFilter(parts[0]) else { return nil }
            guard let eventClass = parts.count == 1 ? .normal : EventClass(name: parts[1]) else { return nil }
            rules.append(Rule(filter: filter, eventClass: eventClass))
        }
        guard !rules.isEmpty else { return nil }
    }

    /// The most urgent class of all rules that match, or nil when the topic stays local.
    package func eventClass(of topic: some Collection<UInt8>) -> EventClass? {
        rules.filter { $0.filter.matches(topic) }.map(\.eventClass).min()
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
