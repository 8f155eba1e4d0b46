// SPDX-License-Identifier: Apache-2.0

import Events

/// What one client may do.
package struct Rights: Sendable, Equatable {
    /// Lines for this user, or for those without a name.
    let own: RuleSet
    /// Lines for everybody, with this client's names in them.
    let general: RuleSet

    package func mayPublish(_ topic: some Collection<UInt8>) -> Bool {
        (own.allowsWriting(topic) || general.allowsWriting(topic)) && !own.denies(topic) && !general.denies(topic)
    }

    package func mayRead(_ topic: some Collection<UInt8>) -> Bool {
        (own.allowsReading(topic) || general.allowsReading(topic)) && !own.denies(topic) && !general.denies(topic)
    }

    /// Whether a subscription can ever bring anything: what it brings is looked at message by message.
    ///
    /// So `#` gets what may be read and nothing else, as with Mosquitto, and a client learns of a filter that is no use.
    package func maySubscribe(_ text: String) -> Bool {
        guard let filter = TopicFilter(Self.withoutShare(text)) else { return false }
        return (own.allowsReading(someOf: filter) || general.allowsReading(someOf: filter))
            && !own.denies(all: filter) && !general.denies(all: filter)
    }

    /// `$share/NAME/FILTER` subscribes to FILTER (MQTT 5.0 section 4.8.2).
    private static func withoutShare(_ text: String) -> Substring {
        guard text.hasPrefix("$share/") else { return text[...] }
        let rest = text.dropFirst(7)
        guard let slash = rest.firstIndex(of: "/") else { return text[...] }
        return rest[rest.index(after: slash)...]
    }
}
