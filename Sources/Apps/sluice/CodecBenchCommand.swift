// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CodecBench
import Glibc
import Startup

struct CodecBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Shows how many bytes an event of your recordings costs, and how long it takes to encode.",
        discussion: """
            A recording has one JSON object per line: topic, ts_ms, and payload or payload_b64. Its first tenth trains \
            primer and dictionaries; the 4,000 events behind it are measured (zstd -19 packs slowly; --all for the \
            rest, too). Every batch is opened and compared byte for byte: a difference names the event and ends with 1.

            MQTT QoS 1  one PUBLISH per event over TLS 1.3, TCP and IP (74 bytes per packet), that way only
            zstd -19    topic, time, length, payload; as many events as fit the packet, 8 bytes of header
            zstd +dict  the same with the best of eight dictionaries (8, 32, 96 KB trained on events or half batches; \
            the last 16, 64 KB as they are), chosen within the training events
            Sluice      as the agent makes batches, whole header counted, with a primer of 16 KB
            factor      zstd +dict divided by Sluice

            The last batch of each, mostly half full, is left out. Times are CPU time of this thread: encode and \
            decode the mean per event; encode p99 of a batch's time divided by its events, flush p99 of a whole batch.

            --json prints one line per recording: name, events_per_batch, mqtt_bytes_per_event, zstd_bytes_per_event, \
            zstd_dictionary_bytes_per_event, sluice_bytes_per_event, encode_us, decode_us; with --primer-sizes also \
            sluice_bytes_per_event_by_primer.

            \(ProgramExit.help)
            """
    )

    @Argument(help: "Recordings (JSON lines).", completion: .file())
    var files: [String]

    @Option(help: "Payload bytes of one packet.")
    var mtu = 1_200

    @Option(help: "Events of one batch at most: what a short linger costs.")
    var batchEvents: Int?

    @Flag(help: "Measure every event behind the first tenth: slow.")
    var all = false

    @Flag(help: "Also show bytes per event without a primer and with primers of 4, 16 and 64 KB.")
    var primerSizes = false

    @Flag(help: "One line of JSON per recording instead of the table.")
    var json = false

    func validate() throws {
        guard 64...65_535 ~= mtu else { throw ValidationError("--mtu is 64 to 65535, not \(mtu)") }
        if let batchEvents, batchEvents < 1 {
            throw ValidationError("--batch-events is at least 1, not \(batchEvents)")
        }
    }

    func run() async {
        await withClearErrors {
            var results: [RecordingResult] = []
            if !json { show(ResultTable.heading) }
            for file in files {
                let result = try CodecBench.measure(Recording(path: file), options)
                show(json ? result.json : ResultTable.row(result))
                results.append(result)
            }
            if !json, results.count > 1 { show(ResultTable.summary(results)) }
        }
    }

    private var options: BenchOptions {
        var options = BenchOptions()
        options.mtu = mtu
        options.batchEvents = batchEvents
        if all { options.measuredEvents = nil }
        if primerSizes { options.primerSizes = [0, 4 << 10, 16 << 10, 64 << 10] }
        return options
    }

    /// A recording takes seconds: each line is seen when it is there.
    private func show(_ line: String) {
        print(line)
        fflush(nil)
    }
}
