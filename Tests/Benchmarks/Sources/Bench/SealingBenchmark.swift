// SPDX-License-Identifier: Apache-2.0

/// The same drain in plain and sealed end to end.
enum SealingBenchmark {
    private struct Drain {
        var rate: Double
        var bytesPerEvent: Double
    }

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Drain of \(options.events) buffered events, sealed end to end")
        // In turn, and the best of each: what else the machine does in between hits both.
        var plain: [Drain] = []
        var sealed: [Drain] = []
        for _ in 0..<3 {
            plain.append(try drain(options, isSealed: false))
            sealed.append(try drain(options, isSealed: true))
        }
        let rates = (plain: plain.map(\.rate).max() ?? 0, sealed: sealed.map(\.rate).max() ?? 0)
        let bytes = (
            plain: plain.map(\.bytesPerEvent).min() ?? 0, sealed: sealed.map(\.bytesPerEvent).min() ?? 0
        )
        report.figure("drain rate, plain", rates.plain, "events/s")
        report.figure("drain rate, sealed", rates.sealed, "events/s")
        report.figure("on the link, plain", bytes.plain, "bytes/event", decimals: 2)
        report.figure("on the link, sealed", bytes.sealed, "bytes/event", decimals: 2)
        // The targets are 0.95 and 1.02; a second of draining, as in the short form, says little about what it costs.
        report.ratio("drain rate, sealed / plain", rates.sealed / rates.plain, least: 0.3)
        report.ratio("bytes, sealed / plain", bytes.sealed / bytes.plain, most: 1.1)
    }

    private static func drain(_ options: Options, isSealed: Bool) throws -> Drain {
        let bus = try Bus(programs: options.programs)
        let keys = try bus.hubKeys()
        // How soon a primer is ready says more of the bytes than sealing does.
        let settings = ["SLUICE_PRIMER": "0"]
        try bus.startAgent(isSealed ? settings.merging(["SLUICE_SEAL_TO_FILE": keys]) { $1 } : settings)
        try DrainBenchmark.fill(bus, events: options.events)
        try bus.startHub()
        let rate = try DrainBenchmark.landingRate(bus, events: options.events).rate
        return Drain(rate: rate, bytesPerEvent: Double(try bus.hubNumber("bytes_received")) / Double(options.events))
    }
}
