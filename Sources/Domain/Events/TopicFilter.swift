// SPDX-License-Identifier: Apache-2.0

/// An MQTT topic filter: levels separated by `/`, `+` for one level, `#` for all that follow (MQTT 5.0 section 4.7).
package struct TopicFilter: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    let levels: [[UInt8]]

    /// Nil when the text is not a valid filter: empty, over 65,535 bytes, a NUL, or a misplaced wildcard.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= 65_535, !bytes.contains(0) else { return nil }
        let levels = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        for (index, level) in levels.enumerated() {
            if level.contains(UInt8(ascii: "#")), level.count > 1 || index + 1 < levels.count { return nil }
            if level.contains(UInt8(ascii: "+")), level.count > 1 { return nil }
        }
        self.text = String(text)
        self.levels = levels
    }

    package var description: String { text }

    /// Whether a topic name matches.
    ///
    /// Filters that start with a wildcard do not match topics that start with `$`
    /// (MQTT 5.0 section 4.7.2).
    package func matches(_ topic: some Collection<UInt8>) -> Bool {
        if topic.first == UInt8(ascii: "$"), let first = levels.first,
            first == [UInt8(ascii: "+")] || first == [UInt8(ascii: "#")]
        {
            return false
        }
        var position = topic.startIndex
        var ended = false
        for level in levels {
            if level == [UInt8(ascii: "#")] { return true }
            if ended { return false }
            let end = topic[position...].firstIndex(of: UInt8(ascii: "/")) ?? topic.endIndex
            if level != [UInt8(ascii: "+")], !topic[position..<end].elementsEqual(level) { return false }
            ended = end == topic.endIndex
            position = ended ? end : topic.index(after: end)
        }
        return ended
    }
}
