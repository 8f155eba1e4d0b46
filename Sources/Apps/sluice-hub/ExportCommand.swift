// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Settings
import Startup
import Storage

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints all events of the log as JSON lines, in landing order.",
        discussion: """
            Each line has node, epoch (16 hexadecimal digits), partition, seq, topic, ts_ms, ts_raw_ms, ts_quality, and \
            payload, or payload_b64 where it is no UTF-8; attributes where the event has any; "historical":true where \
            newer events of its partition had landed before it. Rows are complete and from one consistent snapshot of the log \
            in SLUICE_HUB_STATE_DIR, whether or not the hub runs. --after a position that SLUICE_HUB_KEEP has dropped is \
            refused, and --follow ends when it is overtaken: `sluice-hub status` shows the oldest that is kept.

            ts_raw_ms is what the node's clock said, and never changes. ts_ms is when that was, as well as it is known by \
            now, and ts_quality what it is worth: synchronised (the clock followed a time source), corrected (it did at \
            another time of the same boot), unsynchronised (the clock may be right), bounded (it was wrong: the event lies \
            between what was before and after it), unset (nothing is known), unknown (the node sent no clock records).

            --raw DIR writes batches and primers as they came instead, for `sluice inspect batch`: files named \
            NODE-EPOCH-PARTITION-SEQ.batch, SEQ being the first event that landed with the batch, and \
            NODE-IDENTIFIER.primer. A file of that name is overwritten.

            \(ProgramExit.help)
            """
    )

    /// Written at once: large writes are cheap, and memory stays small.
    private static let chunk = 256 << 10

    @Option(help: "Begin after this position of the log (see --positions).")
    var after: Int64 = 0

    @Flag(help: "Add the log position to each row.")
    var positions = false

    @Flag(help: "Go on with what lands from now, until interrupted.")
    var follow = false

    @Option(help: "Write batches and primers to files in this directory.", completion: .directory)
    var raw: String?

    @Option(help: "Only what this node sent (with --raw).")
    var node: String?

    func validate() throws {
        guard raw == nil || !(positions || follow) else {
            throw ValidationError("--raw excludes --positions and --follow")
        }
        guard raw != nil || node == nil else { throw ValidationError("--node goes with --raw") }
    }

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let reader = try HubLog.openReader(directory: directory)
            if let raw { return try writeFiles(reader, to: raw) }
            var rows = ExportRows(showsPosition: positions)
            var position = after
            while true {
                if let dropped = Dropped(after: position, try reader.retention()) { throw dropped }
                while let entry = try reader.next(after: position) {
                    position = entry.position
                    rows.append(entry, clock: try reader.clock(of: entry))
                    if rows.count >= Self.chunk { try write(&rows) }
                }
                try write(&rows)
                guard follow else { break }
                try await Task.sleep(for: .milliseconds(200))
                try reader.renew()
            }
            guard reader.damagedRows == 0 else { throw Damaged(rows: reader.damagedRows) }
        }
    }

    private func writeFiles(_ reader: HubLogReader, to target: String) throws {
        var export = try RawExport(directory: target, node: node)
        try export.write(reader, after: after)
        try StandardOutput.write(["\(export.batches) batches and \(export.primers) primers in \(target)"])
    }

    private func write(_ rows: inout ExportRows) throws {
        try StandardOutput.write(rows.bytes)
        rows.removeAll()
    }

    /// The export is not all that landed, and must not pass for it.
    private struct Damaged: Error, CustomStringConvertible {
        var rows: Int
        var description: String { "\(rows) rows of the log are damaged and were left out" }
    }
}
