// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Batching
import Inspect
import Startup

struct InspectBatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Shows what a batch holds and what its bytes are spent on.",
        discussion: """
            sluice-hub export --raw DIR                                    get batches and primers from a hub
            sluice inspect batch DIR/gw-*-1-42.batch                       explain one
            sluice inspect batch --primer DIR/gw-0123456789abcdef.primer FILE
            sluice inspect batch --events FILE                             the events in it

            A batch in columns has tables (topics, templates, texts) and codes. A template is a shape of payload, with \
            its slots in angle brackets: <decimal>, <time>, <text>, <hex 8> (8 digits; HEX: upper case), <bytes 4>, \
            <six-bit 28>, <checksum>. A code says how far a value is from the one expected: 0 is as expected. Runs of \
            zeros are paid for by their first. "digits" is how a decimal is printed. Of a batch in rows, the columns \
            have their bytes before zstd.

            --json prints one object: file, version, mode, primer, first_sequence, last_sequence, events, base_time, \
            base_time_ms, bytes, bytes_per_event, header_bytes, rows_bytes, rows_unpacked_bytes, tables_bytes, \
            tables_unpacked_bytes, topics_unpacked_bytes, templates_unpacked_bytes, texts_unpacked_bytes, codes_bytes, \
            padding_bits, topics (topic, from_primer, events), templates (template, text, clock_slot, from_primer, \
            events), columns (column, template, slot, kind, before, codes, zeros, bits); null where it does not apply. \
            The bits of all columns and of the padding are codes_bytes; of rows, rows_unpacked_bytes.

            Exit code 3 if the batch builds on a primer that was not given. \(ProgramExit.help)
            """
    )

    @Argument(help: "The batch; - for standard input.", completion: .file())
    var file: String

    @Option(name: .customLong("primer"), help: "A primer that the batch may build on; may be given more than once.")
    var primers: [String] = []

    @Flag(help: "One JSON object.")
    var json = false

    @Flag(help: "Only the events, as JSON lines: seq, topic, ts_ms, payload or payload_b64, attributes.")
    var events = false

    func validate() throws {
        guard !json || !events else { throw ValidationError("--json and --events exclude each other") }
    }

    func run() async {
        await withClearErrors {
            let known = try primers.map { path in
                try BatchInspection.primer(Array(InputBytes(path: path).rest()), name: path)
            }
            let input = try file == "-" ? InputBytes.standard : InputBytes(path: file)
            let batch = try Array(input.rest())
            do {
                let name = file == "-" ? "standard input" : file
                show(try BatchInspection(batch, name: name, primers: known))
            } catch let fault as InspectFault {
                guard case .primerMissing = fault else { throw fault }
                ProgramExit.complain("sluice: \(fault)")
                ProgramExit.now(ProgramExit.primerMissing)
            }
        }
    }

    private func show(_ inspection: BatchInspection) {
        if events {
            print(String(decoding: inspection.events, as: UTF8.self), terminator: "")
        } else {
            print(json ? inspection.json + "\n" : inspection.text, terminator: "")
        }
    }
}
