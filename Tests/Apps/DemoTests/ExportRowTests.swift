// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Demo

@Suite struct ExportRowTests {
    private func row(_ line: String) throws -> ExportRow {
        try Array(line.utf8).withUnsafeBytes { try ExportRow(line: $0) }
    }

    @Test func `a row is read in any order of its keys`() throws {
        let line = #"""
            {"seq":7,"node":"gw-1","epoch":"00ff00000000000a","partition":3,"topic":"a/b","ts_ms":1700000000001,\#
            "attributes":{"qos":0,"x":["}",{"y":1}]},"payload":"{\"v\":1}","more":null}
            """#
        let row = try row(line)
        #expect(row.identity == "gw-1 00ff00000000000a 3:7")
        #expect(row.topic == "a/b" && row.timestamp == 1_700_000_000_001)
        #expect(row.payload == Array(#"{"v":1}"#.utf8))
        #expect(row.attributes == #"{"qos":0,"x":["}",{"y":1}]}"#)
    }

    @Test(arguments: [
        (#"\u00e9\ud83d\ude00\n\t\/\b\f\r\"\\"#, "é😀\n\t/\u{8}\u{c}\r\"\\"), ("", ""), ("é😀", "é😀"), (#"\u0000"#, "\0"),
    ])
    func `escapes come out as their bytes`(written: String, meant: String) throws {
        let line = #"{"topic":"t","payload":""# + written + #""}"#
        let event = try Array(line.utf8).withUnsafeBytes { try RecordedEvent(line: $0) }
        #expect(event.payload == Array(meant.utf8))
    }

    @Test(
        arguments: [
            ("", []), ("AA==", [0]), ("AAE=", [0, 1]), ("AAEC", [0, 1, 2]), ("+/8=", [0xFB, 0xFF]),
            ("AAEA////Dz0=", [0, 1, 0, 255, 255, 255, 15, 61]),
        ] as [(String, [UInt8])]
    )
    func `base64 comes out as its bytes`(text: String, bytes: [UInt8]) throws {
        #expect(try Base64.decode(Array(text.utf8)) == bytes)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #"{"topic":"t"}"#, #"{"topic":"t","payload":"x""#, #"{"topic":"t","payload":"x"} "x"#,
        #"{"topic":"t","payload":"\x"}"#, #"{"topic":"t","payload":"\ud800"}"#, #"{"topic":"t","payload_b64":"A"}"#,
        #"{"topic":"t","payload_b64":"A=AA"}"#, #"{"topic":"t","ts_ms":1.5,"payload":""}"#,
    ])
    func `what is not a whole row is refused`(line: String) {
        #expect(throws: MalformedLine.self) {
            _ = try Array(line.utf8).withUnsafeBytes { try RecordedEvent(line: $0) }
        }
    }
}
