// SPDX-License-Identifier: Apache-2.0

/// The topics below `$SYS/broker` that people's dashboards read, under the names that Mosquitto gave them
/// (mosquitto(8), BROKER STATUS), and `clients/refused` beside them.
struct SystemTopics {
    /// What a broker looks like at one moment.
    struct Figures {
        var statistics: BrokerStatistics
        var uptime: Int64
        var retainedBytes: Int
    }

    private var before: Figures?

    /// Topic and payload of each; rates are those since the call before.
    mutating func topics(_ now: Figures) -> [(topic: String, payload: String)] {
        defer { before = now }
        let statistics = now.statistics
        let away = statistics.sessions - min(statistics.sessions, statistics.connections)
        var topics: [(String, String)] = [
            ("version", "sluice"), ("uptime", "\(now.uptime) seconds"),
            ("clients/connected", "\(statistics.connections)"), ("clients/active", "\(statistics.connections)"),
            ("clients/disconnected", "\(away)"), ("clients/inactive", "\(away)"),
            ("clients/total", "\(statistics.sessions)"), ("clients/maximum", "\(statistics.mostConnections)"),
            ("clients/refused", "\(statistics.turnedAway.values.reduce(0, +))"),
            ("subscriptions/count", "\(statistics.subscriptions)"),
            ("retained messages/count", "\(statistics.retained)"),
            ("store/messages/count", "\(statistics.retained)"), ("store/messages/bytes", "\(now.retainedBytes)"),
            ("publish/messages/received", "\(statistics.received)"),
            ("publish/messages/sent", "\(statistics.delivered)"),
            ("publish/messages/dropped", "\(statistics.dropped)"),
            ("messages/received", "\(statistics.received)"), ("messages/sent", "\(statistics.delivered)"),
            ("bytes/received", "\(statistics.receivedBytes)"), ("bytes/sent", "\(statistics.sentBytes)"),
        ]
        if let before, now.uptime > before.uptime {
            let seconds = Double(now.uptime - before.uptime)
            func rate(_ value: UInt64, _ former: UInt64) -> String {
                let perMinute = Double(value - former) / seconds * 60
                return "\((perMinute * 100).rounded() / 100)"
            }
            let former = before.statistics
            topics += [
                ("load/publish/received/1min", rate(statistics.received, former.received)),
                ("load/publish/sent/1min", rate(statistics.delivered, former.delivered)),
                ("load/bytes/received/1min", rate(statistics.receivedBytes, former.receivedBytes)),
                ("load/bytes/sent/1min", rate(statistics.sentBytes, former.sentBytes)),
            ]
        }
        return topics.map { ("$SYS/broker/" + $0.0, $0.1) }
    }
}
