// SPDX-License-Identifier: Apache-2.0

import Broker
import Startup

extension BrokerStatistics {
    /// What went wrong, with how often.
    private var mishaps: [(what: String, count: UInt64)] {
        var mishaps = refused.sorted { $0.key < $1.key }.map { (what: "refused: \($0.key)", count: $0.value) }
        mishaps += turnedAway.sorted { $0.key < $1.key }.map { (what: "turned away: \($0.key)", count: $0.value) }
        mishaps.append((what: "subscriptions denied", count: deniedSubscriptions))
        mishaps.append((what: "dropped: a subscriber's queue was full", count: dropped))
        mishaps.append((what: "not retained: no room", count: unretained))
        return mishaps.filter { $0.count > 0 }
    }

    /// For the table: one row, and one for each thing that went wrong.
    var rows: [(String, String)] {
        let summary =
            "\(connections) clients, \(sessions) sessions, \(subscriptions) subscriptions, \(retained) retained"
        return [("mqtt", summary)] + mishaps.map { ("", "\($0.count) \($0.what)") }
    }

    var json: String {
        JSONText.object([
            ("clients", String(connections)),
            ("sessions", String(sessions)),
            ("subscriptions", String(subscriptions)),
            ("retained", String(retained)),
            ("received", String(received)),
            ("delivered", String(delivered)),
            ("dropped", String(dropped)),
            ("not_retained", String(unretained)),
            ("denied_subscriptions", String(deniedSubscriptions)),
            ("refused", Self.json(refused)),
            ("turned_away", Self.json(turnedAway)),
        ])
    }

    private static func json(_ counts: [String: UInt64]) -> String {
        JSONText.object(counts.sorted { $0.key < $1.key }.map { ($0.key, String($0.value)) })
    }
}
