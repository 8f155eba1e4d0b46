// SPDX-License-Identifier: Apache-2.0

import Glibc

/// From PUBLISH at the agent to delivery at the hub's subscriber, durable at both ends, linger 0.
enum LatencyBenchmark {
    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Latency on loopback, linger 0, durable at agent and hub")
        let bus = try Bus(programs: options.programs)
        try bus.startHub()
        try bus.startAgent(["SLUICE_LINGER": "0ms"])
        for rate in [100, 1_000] {
            let result = try measure(bus, rate: rate, seconds: options.seconds)
            report.figure(
                "\(rate)/s, publish to hub subscriber, p50",
                result.delivery.milliseconds(percentile: 50),
                "ms",
                decimals: 2
            )
            report.figure(
                "\(rate)/s, publish to hub subscriber, p99",
                result.delivery.milliseconds(percentile: 99),
                "ms",
                decimals: 2
            )
            report.figure("\(rate)/s, PUBACK p50", result.puback.milliseconds(percentile: 50), "ms", decimals: 3)
            report.figure("\(rate)/s, PUBACK p99", result.puback.milliseconds(percentile: 99), "ms", decimals: 3)
            if let agent = bus.agent {
                report.figure(
                    "\(rate)/s, agent resident",
                    Double(agent.memory().all) / 1024,
                    "MiB",
                    decimals: 1
                )
            }
        }
    }

    private static func measure(
        _ bus: Bus,
        rate: Int,
        seconds: Double
    ) throws -> (delivery: Samples, puback: Samples) {
        let subscriber = try MQTTConnection(port: bus.subscriberPort, clientID: "watch\(rate)")
        try subscriber.subscribe("site/#")
        let total = Int(Double(rate) * seconds)
        let collector = Collector(subscriber: subscriber, total: total)
        try collector.start()
        var publisher = Publisher(connection: try bus.connect("rate\(rate)"))
        let cpu = bus.agent?.cpuSeconds() ?? 0
        let puback = try publisher.run(perSecond: rate, seconds: seconds)
        let used = (bus.agent?.cpuSeconds() ?? 0) - cpu
        let delivery = try collector.finish()
        print("\(rate)/s: agent used \(Report.format(used / seconds * 100, 1)) % of a core")
        return (delivery, puback)
    }
}

/// Reads deliveries on a thread of its own and takes the time from the stamp in each payload.
final class Collector: @unchecked Sendable {
    private let subscriber: MQTTConnection
    private let total: Int
    private var samples = Samples()
    private var thread = pthread_t()

    init(subscriber: MQTTConnection, total: Int) {
        self.subscriber = subscriber
        self.total = total
    }

    func start() throws {
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Collector>.fromOpaque(context).takeRetainedValue().collect()
                return nil
            },
            context
        )
        guard code == 0 else { throw Failure("cannot start a thread") }
    }

    /// Waits for the end of collection.
    func finish() throws -> Samples {
        pthread_join(thread, nil)
        guard samples.count == total else { throw Failure("delivered \(samples.count) of \(total)") }
        return samples
    }

    private func collect() {
        let mark = Array("{\"ts\":".utf8)
        while samples.count < total, let packet = try? subscriber.packet(timeout: 15_000) {
            let now = nanoseconds()
            guard packet.type == 3, let start = packet.body.firstRange(of: mark) else { continue }
            var stamp: UInt64 = 0
            for byte in packet.body[start.upperBound...].prefix(while: { $0 >= 48 && $0 < 58 }) {
                stamp = stamp * 10 + UInt64(byte - 48)
            }
            samples.add(now - stamp)
        }
    }
}
