// SPDX-License-Identifier: Apache-2.0

import Broker
import Startup

extension SourceStatistics {
    /// For the table: whether it is read, and what came of that.
    var words: String {
        let state = isReading ? "is read" : "is not read\(trouble.map { " (\($0))" } ?? " yet")"
        let last = sinceLast.map { ", the last \(AgentStatus.time($0 / .seconds(1))) ago" } ?? ""
        return "\(address) \(state); \(stored) messages stored\(last)"
    }

    var json: String {
        JSONText.object([
            ("address", JSONText.string(address)),
            ("reading", String(isReading)),
            ("trouble", trouble.map(JSONText.string) ?? "null"),
            ("stored", String(stored)),
            ("last_s", JSONText.number(sinceLast.map { $0 / .seconds(1) }, digits: 1)),
        ])
    }
}
