// SPDX-License-Identifier: Apache-2.0

package import Events

/// The broker that is already on the box.
extension Settings {
    package static let source = Setting<BrokerAddress>(
        Variable(
            "SLUICE_SOURCE",
            .agent,
            .none("none"),
            allowed: "mqtt://host:port or mqtts://host:port, [::1] for IPv6",
            meaning: "an MQTT broker whose messages become events; the agent listens itself only where told to"
        )
    ) { BrokerAddress($0) }

    package static let sourceTopics = Setting<[TopicFilter]>(
        Variable(
            "SLUICE_SOURCE_TOPICS",
            .agent,
            .none("the filters of SLUICE_FORWARD"),
            allowed: "topic filters separated by commas",
            meaning: "what to subscribe to there"
        )
    ) { text in
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        let filters = items.compactMap { TopicFilter($0.trimmingSpaces) }
        return filters.count == items.count && !filters.isEmpty ? filters : nil
    }

    package static let sourceUser = Setting<String>(
        Variable(
            "SLUICE_SOURCE_USER",
            .agent,
            .none("none"),
            allowed: "a user name",
            meaning: "who the agent is there"
        )
    ) { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 }

    package static let sourcePasswordFile = Setting<String>(
        path: "SLUICE_SOURCE_PASSWORD_FILE",
        .agent,
        default: .none("none"),
        "file with its password there, in the first line"
    )

    package static let sourceCAFile = Setting<String>(
        path: "SLUICE_SOURCE_CA_FILE",
        .agent,
        default: .none("the system's certificates"),
        "certificates (PEM) that a mqtts:// broker may be certified by"
    )

    /// Those of this file, in the order in which they are shown.
    static let sourceVariables: [Variable] = [
        source.variable, sourceTopics.variable, sourceUser.variable, sourcePasswordFile.variable,
        sourceCAFile.variable,
    ]
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
