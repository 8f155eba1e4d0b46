// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Inspect
import Testing

@Suite struct BatchInspectionTests {
    private static let topLevelKeys = [
        "file", "version", "mode", "primer", "first_sequence", "last_sequence", "events", "base_time", "base_time_ms",
        "bytes", "bytes_per_event", "header_bytes", "rows_bytes", "rows_unpacked_bytes", "tables_bytes",
        "tables_unpacked_bytes", "topics_unpacked_bytes", "templates_unpacked_bytes", "texts_unpacked_bytes",
        "codes_bytes", "padding_bits", "topics", "templates", "columns",
    ]

    /// The names of an object's own members, in order.
    private func keys(_ json: String) -> [String] {
        var keys: [String] = []
        var depth = 0
        var text: String?
        var isEscaped = false
        for character in json {
            if var known = text {
                if isEscaped || (character != "\"" && character != "\\") {
                    isEscaped = false
                    known.append(character)
                    text = known
                } else if character == "\\" {
                    isEscaped = true
                } else {
                    if depth == 1 { keys.append(known) }
                    text = nil
                }
                continue
            }
            switch character {
            case "\"": text = ""
            case "{", "[": depth += 1
            case "}", "]": depth -= 1
            // What came last was a value.
            case ",", ":": if depth == 1, character == ":" { keys.append(":") }
            default: break
            }
        }
        return keys.indices.dropLast().filter { keys[$0 + 1] == ":" }.map { keys[$0] }
    }

    @Test func `an object has all keys, for rows and for columns`() throws {
        let columns = try BatchInspection(Samples.batch(), name: "a \"b\".batch").json
        let rows = try BatchInspection(Samples.rows, name: "rows").json
        #expect(keys(columns) == Self.topLevelKeys)
        #expect(keys(rows) == Self.topLevelKeys)
        #expect(columns.hasPrefix(#"{"file":"a \"b\".batch","version":1,"mode":"columns"#))
        #expect(columns.contains(#""rows_bytes":null,"#))
        #expect(columns.contains(#"{"topic":"site/0","from_primer":false,"events":10}"#))
        #expect(
            columns.contains(
                #"{"template":0,"text":"{\"v\":<decimal>,\"s\":\"<text>\"}","clock_slot":null,"from_primer":false,"events":20}"#
            )
        )
        #expect(
            columns.contains(#"{"column":"slot","template":0,"slot":1,"kind":"decimal","before":"{\"v\":","codes":20,"#)
        )
        #expect(
            columns.contains(
                #"{"column":"time","template":null,"slot":null,"kind":null,"before":null,"codes":20,"#
            )
        )
        #expect(rows.contains(#""tables_bytes":null,"#))
        #expect(
            rows.contains(
                #""padding_bits":null,"topics":[{"topic":"a","from_primer":false,"events":1}],"templates":[]"#
            )
        )
    }

    @Test func `the text names parts, topics, templates and columns`() throws {
        let batch = Samples.batch()
        let text = try BatchInspection(batch, name: "x.batch").text
        #expect(text.hasPrefix("x.batch: \(batch.count) bytes, 20 events, "))
        for part in [
            "primer     none\n", "sequences  7 to 26\n", "base time  2023-11-14T22:13:20.000Z (1700000000000 ms)\n",
            "  header\n", "  codes\n", #"  {"v":<decimal>,"s":"<text>"}"#, "  site/1\n",
            #"  template 0, slot 1: {"v":<decimal>"#, #"  template 0, slot 1: {"v":<decimal> digits"#,
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test func `events are rows like those of an export`() throws {
        let inspection = try BatchInspection(Samples.batch(), name: "x")
        let lines = String(decoding: inspection.events, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 20)
        #expect(lines[1] == #"{"seq":8,"topic":"site/1","ts_ms":1700000001000,"payload":"{\"v\":1.5,\"s\":\"k1\"}"}"#)
    }

    @Test func `a batch on a primer needs it`() throws {
        let primer = try Samples.primer()
        let batch = Samples.batch(on: primer)
        let other = try Samples.primer(first: 3)
        let given = try BatchInspection(batch, name: "x", primers: [other, primer])
        #expect(given.explanation.primer == primer.identifier)
        #expect(given.json.contains(#""primer":"\#(primer.identifier)","#))
        let missing = #expect(throws: InspectFault.self) { _ = try BatchInspection(batch, name: "x", primers: [other]) }
        #expect(missing == .primerMissing(file: "x", primer.identifier, given: [other.identifier]))
        let text = try #require(missing).description
        for part in ["x: ", "\(primer.identifier)", "\(other.identifier)", "--primer", "sluice-hub export --raw"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test func `damage names the file and the place`() throws {
        let damaged = Array(Samples.batch().dropLast(4))
        let fault = #expect(throws: InspectFault.self) { _ = try BatchInspection(damaged, name: "dir/x.batch") }
        #expect(try #require(fault).description.hasPrefix("dir/x.batch: damaged in event "))
        let empty = #expect(throws: InspectFault.self) { _ = try BatchInspection([], name: "y") }
        #expect(try #require(empty).description == "y: damaged in the header: ends early")
        let primer = #expect(throws: InspectFault.self) { _ = try BatchInspection.primer(damaged, name: "z") }
        #expect(try #require(primer).description.hasPrefix("z: damaged in event "))
        let primed = try Samples.batch(on: Samples.primer())
        #expect(throws: InspectFault.self) { _ = try BatchInspection.primer(primed, name: "z") }
    }
}
