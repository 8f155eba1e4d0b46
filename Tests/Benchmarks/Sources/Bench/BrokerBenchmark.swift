// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The local broker beside Debian's Mosquitto in one run: the same clients, one after the other.
///
/// Mosquitto acknowledges from memory; the agent after the fsync. At equal durability, as far as Mosquitto goes, it writes its
/// database after every change.
enum BrokerBenchmark {
    private static let shapes: [(name: String, publishers: Int, subscribers: Int)] = [
        ("1 to 1", 1, 1), ("10 to 1", 10, 1), ("1 to 10", 1, 10),
    ]

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Broker: messages delivered, with every client in one thread")
        let bus = try Bus(programs: options.programs)
        // What stays on the gateway: how fast events are stored is another figure.
        try bus.startAgent(["SLUICE_HUB": ""])
        guard let agent = bus.agent, let peer = try Mosquitto.start(directory: bus.directory),
            let saving = try Mosquitto.start(directory: bus.directory, saves: true)
        else { return }
        let brokers = [("sluice", bus.agentPort, agent), ("mosquitto", peer.port, peer.child)]
        let durable = [("mosquitto that saves", saving.port, saving.child)]
        for quality in 0...2 as ClosedRange<UInt8> {
            for shape in shapes {
                let messages = options.events / 10 / shape.subscribers
                var rates: [Double] = []
                for (name, port, child) in brokers + (quality > 0 ? durable : []) {
                    let traffic = try Traffic(
                        port: port,
                        publishers: shape.publishers,
                        subscribers: shape.subscribers,
                        quality: quality
                    )
                    let before = child.cpuSeconds()
                    // Mosquitto closes on who has more than 20 messages with QoS 2 under way.
                    let result = try traffic.run(messages: messages, window: quality == 2 ? 20 : 100)
                    let rate = Double(result.delivered) / result.seconds
                    rates.append(rate)
                    let title = "QoS \(quality), \(shape.name), \(name)"
                    report.figure(title, rate, "messages/s")
                    report.figure("\(title), p99", result.latency.milliseconds(percentile: 99), "ms", decimals: 2)
                    let used = (child.cpuSeconds() - before) * 1_000 / Double(result.delivered) * 1_000
                    report.figure("\(title), processor for 1,000", used, "ms", decimals: 2)
                }
                report.ratio("QoS \(quality), \(shape.name), sluice / mosquitto", rates[0] / rates[1], least: 0.1)
                guard rates.count > 2 else { continue }
                report.ratio(
                    "QoS \(quality), \(shape.name), sluice / mosquitto that saves",
                    rates[0] / rates[2],
                    least: 0.5
                )
            }
        }
        try pace(options, report, brokers + durable)
        try idle(report, brokers)
    }

    private static func pace(_ options: Options, _ report: Report, _ brokers: [(String, Int, Child)]) throws {
        for quality in 0...1 as ClosedRange<UInt8> {
            for (name, port, _) in brokers where quality > 0 || name != "mosquitto that saves" {
                let traffic = try Traffic(port: port, publishers: 1, subscribers: 1, quality: quality)
                let result = try traffic.run(messages: Int(options.seconds * 1_000), window: 1_000, rate: 1_000)
                let title = "QoS \(quality), 1,000 a second, \(name)"
                report.figure("\(title), p50", result.latency.milliseconds(percentile: 50), "ms", decimals: 2)
                report.figure("\(title), p99", result.latency.milliseconds(percentile: 99), "ms", decimals: 2)
            }
        }
    }

    private static func idle(_ report: Report, _ brokers: [(String, Int, Child)]) throws {
        let count = 900
        for (name, port, child) in brokers {
            let before = child.memory().all
            let connections = try (0..<count).map { try MQTTConnection(port: port, clientID: "idle-\($0)") }
            let each = Double(child.memory().all - before) / Double(connections.count)
            report.figure("memory for an idle connection, \(name)", each, "KiB", decimals: 2)
        }
    }
}
