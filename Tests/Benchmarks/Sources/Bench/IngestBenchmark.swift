// SPDX-License-Identifier: Apache-2.0

/// Events acknowledged per second, durable, beside plain SQLite and a Mosquitto that acknowledges from memory.
enum IngestBenchmark {
    /// Both sides in turn, and of each the best: another program's turn on the processor or the disk slows one, never
    /// hastens it.
    private static let rounds = 3

    /// What one way of publishing reached.
    private struct Pace {
        var plain = 0.0
        var rate = 0.0
        var puback = Samples()
        /// Microseconds of processor for each event, of the agent alone.
        var cpu = Double.infinity
        var ratio: Double { rate / plain }
    }

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Ingest, QoS 1, one connection, no hub (events that survive a power cut)")
        let bus = try Bus(programs: options.programs)
        try bus.startAgent(["SLUICE_HUB": ""])
        var publisher = Publisher(connection: try bus.connect())
        _ = try publisher.run(events: options.events / 10, window: 100)
        var wide = 0.0
        for (window, share) in [(1, 20), (100, 2), (1_000, 1)] {
            let pace = try pace(bus, &publisher, window: window, events: options.events / share)
            let least = window == 1 ? 0.1 : 0.3
            show(pace, window, report)
            report.ratio("sluice / SQLite alone, \(window)", pace.ratio, least: least)
            wide = max(wide, pace.rate)
        }
        if let peer = try Mosquitto.start(directory: bus.directory) {
            var other = Publisher(connection: try MQTTConnection(port: peer.port, clientID: "bench"))
            let rate = try other.run(events: options.events, window: 1_000).rate
            report.figure("mosquitto, window 1000 (from memory, not durable)", rate, "events/s")
            report.ratio("sluice / mosquitto, window 1000", wide / rate, least: 0.2)
        }
    }

    private static func pace(_ bus: Bus, _ publisher: inout Publisher, window: Int, events: Int) throws -> Pace {
        var best = Pace()
        for _ in 0..<rounds {
            best.plain = max(
                best.plain,
                try PlainSQLite.rowsPerSecond(directory: bus.directory, group: window, seconds: 1)
            )
            let before = bus.agent?.cpuSeconds() ?? 0
            let run = try publisher.run(events: events, window: window)
            best.cpu = min(best.cpu, ((bus.agent?.cpuSeconds() ?? 0) - before) * 1e6 / Double(events))
            guard run.rate > best.rate else { continue }
            (best.rate, best.puback) = (run.rate, run.puback)
        }
        return best
    }

    private static func show(_ pace: Pace, _ window: Int, _ report: Report) {
        report.figure("SQLite alone, \(window) rows a commit", pace.plain, "rows/s")
        report.figure("sluice, window \(window)", pace.rate, "events/s")
        report.figure(
            "sluice, window \(window), PUBACK p50",
            pace.puback.milliseconds(percentile: 50),
            "ms",
            decimals: 3
        )
        report.figure(
            "sluice, window \(window), PUBACK p99",
            pace.puback.milliseconds(percentile: 99),
            "ms",
            decimals: 3
        )
        report.figure("sluice, window \(window), processor time", pace.cpu, "us/event", decimals: 2)
    }
}
