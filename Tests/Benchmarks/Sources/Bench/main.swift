// SPDX-License-Identifier: Apache-2.0

import Glibc

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    var report = Report()
    for name in options.names {
        switch name {
        case "ingest": try IngestBenchmark.run(options, &report)
        case "latency": try LatencyBenchmark.run(options, &report)
        case "drain": try DrainBenchmark.run(options, &report)
        case "delay": try DrainBenchmark.delay(options, &report)
        case "buffer": try BufferBenchmark.run(options, &report)
        case "wear": try WearBenchmark.run(options, &report)
        case "broker": try BrokerBenchmark.run(options, &report)
        case "handshake": try HandshakeBenchmark.run(options, &report)
        case "backlog": try DrainBenchmark.backlog(options, &report)
        case "sealing": try SealingBenchmark.run(options, &report)
        default: try LandingBenchmark.run(options, &report)
        }
    }
    for failure in report.failures { print("out of bounds: \(failure)") }
    exit(report.failures.isEmpty ? 0 : 1)
} catch {
    print("bench: \(error)")
    exit(2)
}
