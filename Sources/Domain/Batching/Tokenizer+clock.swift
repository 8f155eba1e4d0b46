// SPDX-License-Identifier: Apache-2.0

extension Tokenizer.Token {
    /// The unit in which this slot says about the same time as `timestamp`, or nil.
    func clockUnit(near timestamp: Int64) -> TimeUnit? {
        switch kind {
        case .time:
            guard let unit = TimeText.Style(rawValue: parameter)?.unit else { return nil }
            return Self.isNear(unit.milliseconds(value, scale: 0), timestamp) ? unit : nil
        case .decimal where decimals != Tokenizer.notCanonical && value > 100_000_000:
            let units: [TimeUnit] = [.second, .millisecond, .microsecond, .nanosecond]
            return units.first { Self.isNear($0.milliseconds(value, scale: decimals), timestamp) }
        default: return nil
        }
    }

    private static func isNear(_ left: Int64, _ right: Int64) -> Bool {
        (left &- right).magnitude < 86_400_000
    }
}
