// SPDX-License-Identifier: Apache-2.0

/// Events acknowledged per second, durable, beside plain SQLite and a Mosquitto that acknowledges from memory.
enum IngestBenchmark {
    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Ingest, QoS 1, one connection, no hub (events that survive a power cut)")
        let bus = try Bus(programs: options.programs)
        try bus.startAgent(["SLUICE_HUB": ""])
        let plain = try PlainSQLite.rowsPerSecond(directory: bus.directory, group: 100, seconds: 2)
        let plainSingle = try PlainSQLite.rowsPerSecond(directory: bus.directory, group: 1, seconds: 2)
        var publisher = Publisher(connection: try bus.connect())
        _ = try publisher.run(events: options.events / 10, window: 100)
        let wide = try publisher.run(events: options.events, window: 100)
        let single = try publisher.run(events: options.events / 20, window: 1)
        report.figure("plain SQLite, 100 rows a commit", plain, "rows/s")
        report.figure("sluice, window 100", wide.rate, "events/s")
        report.figure("sluice, window 100, PUBACK p50", wide.puback.milliseconds(percentile: 50), "ms", decimals: 3)
        report.figure("sluice, window 100, PUBACK p99", wide.puback.milliseconds(percentile: 99), "ms", decimals: 3)
        report.ratio("sluice / plain SQLite, groups of 100", wide.rate / plain, least: 0.2)
        report.figure("plain SQLite, 1 row a commit", plainSingle, "rows/s")
        report.figure("sluice, window 1", single.rate, "events/s")
        report.figure("sluice, window 1, PUBACK p50", single.puback.milliseconds(percentile: 50), "ms", decimals: 3)
        report.figure("sluice, window 1, PUBACK p99", single.puback.milliseconds(percentile: 99), "ms", decimals: 3)
        report.ratio("sluice / plain SQLite, window 1", single.rate / plainSingle, least: 0.1)
        if let peer = try Mosquitto.start(directory: bus.directory) {
            var other = Publisher(connection: try MQTTConnection(port: peer.port, clientID: "bench"))
            let rate = try other.run(events: options.events, window: 100).rate
            report.figure("mosquitto, window 100 (from memory, not durable)", rate, "events/s")
            report.ratio("sluice / mosquitto, window 100", wide.rate / rate, least: 0.2)
        }
    }
}
