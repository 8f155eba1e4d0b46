// SPDX-License-Identifier: Apache-2.0

extension TopicFilter {
    private static let one: [UInt8] = [UInt8(ascii: "+")]
    private static let rest: [UInt8] = [UInt8(ascii: "#")]

    /// Whether some topic matches both filters.
    package func overlaps(_ other: TopicFilter) -> Bool {
        guard Self.agreeOnDollar(levels, other.levels) else { return false }
        for index in 0...max(levels.count, other.levels.count) {
            let left = index < levels.count ? levels[index] : nil
            let right = index < other.levels.count ? other.levels[index] : nil
            // "sport/#" matches "sport" too (MQTT 5.0 section 4.7.1.2).
            if left == Self.rest || right == Self.rest { return true }
            guard let left, let right else { return left == right }
            if left != Self.one, right != Self.one, left != right { return false }
        }
        return true
    }

    /// Whether every topic that matches `other` matches this filter, too.
    package func covers(_ other: TopicFilter) -> Bool {
        guard Self.agreeOnDollar(levels, other.levels) else { return false }
        // Every topic has a first level.
        if levels == [Self.one, Self.rest] { return true }
        for index in 0...max(levels.count, other.levels.count) {
            let left = index < levels.count ? levels[index] : nil
            let right = index < other.levels.count ? other.levels[index] : nil
            if left == Self.rest { return true }
            guard let left, let right else { return left == right }
            if right == Self.rest || (left != Self.one && left != right) { return false }
        }
        return true
    }

    /// A filter that begins with a wildcard matches no topic that begins with `$` (MQTT-4.7.2-1).
    private static func agreeOnDollar(_ left: [[UInt8]], _ right: [[UInt8]]) -> Bool {
        func isWildcard(_ levels: [[UInt8]]) -> Bool { levels.first == one || levels.first == rest }
        func isDollar(_ levels: [[UInt8]]) -> Bool { levels.first?.first == UInt8(ascii: "$") }
        return !(isWildcard(left) && isDollar(right)) && !(isDollar(left) && isWildcard(right))
    }
}
