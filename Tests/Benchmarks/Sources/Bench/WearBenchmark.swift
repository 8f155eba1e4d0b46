// SPDX-License-Identifier: Apache-2.0

/// Bytes written to the device for each byte of topic and payload: what an event costs the flash.
enum WearBenchmark {
    private static let rates = [1, 100, 10_000]
    private static let intervals = ["0", "1s"]

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Wear: bytes written to the device for each byte of topic and payload, no hub")
        for interval in intervals {
            for rate in rates {
                let wear = try agent(options, rate: rate, interval: interval)
                let name = "sluice, \(rate) events/s, SLUICE_COMMIT_INTERVAL=\(interval)"
                // A file system in memory counts nothing.
                guard wear > 0 else { return report.heading("this disk's writes are not counted") }
                report.figure(name, wear, "B/B", decimals: 2)
            }
        }
        for page in [4096, 8192, 16_384] {
            for wal in [1, 4, 16] {
                for (group, rows) in [(1, 2_000), (100, 60_000)] {
                    let wear = try PlainSQLite.wear(page: page, wal: wal << 20, group: group, rows: rows)
                    report.figure(
                        "SQLite alone, page \(page), WAL \(wal) MiB, \(group) a commit",
                        wear,
                        "B/B",
                        decimals: 2
                    )
                }
            }
        }
    }

    private static func agent(_ options: Options, rate: Int, interval: String) throws -> Double {
        let bus = try Bus(programs: options.programs)
        try bus.startAgent(["SLUICE_HUB": "", "SLUICE_COMMIT_INTERVAL": interval])
        guard let agent = bus.agent else { throw Failure("no agent") }
        var publisher = Publisher(connection: try bus.connect())
        // The first event makes the lane and its segment.
        _ = try publisher.run(events: 1, window: 1)
        let before = agent.writtenBytes()
        let events = max(5, Int(Double(rate) * options.seconds))
        _ = try publisher.run(perSecond: rate, seconds: Double(events) / Double(rate))
        return Double(agent.writtenBytes() - before) / Double(bytes(of: events))
    }

    /// Topic and payload bytes of as many events.
    private static func bytes(of events: Int) -> Int {
        var telemetry = Telemetry()
        var sum = 0
        for _ in 0..<events {
            let event = telemetry.next(stamp: nanoseconds())
            sum += event.topic.count + event.payload.count
        }
        return sum
    }
}
