// SPDX-License-Identifier: Apache-2.0

import Events
import Hub
import Storage
import Testing

@Suite struct ExportRowsTests {
    private func rows(
        showsPosition: Bool = false,
        clock: LaneClock = .unknown,
        _ fill: (inout EventBlock) -> Void
    ) -> [String] {
        var block = EventBlock()
        fill(&block)
        let lane = Lane(epoch: 0xA1, partition: Partition(number: 1))
        var rows = ExportRows(showsPosition: showsPosition)
        rows.append(LogEntry(position: 12, node: "gw", lane: lane, block: block), clock: clock)
        return String(decoding: rows.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func payload(_ bytes: [UInt8]) -> String {
        let row = rows { $0.append(sequence: 7, timestamp: 1, topic: "a", payload: bytes) }[0]
        return String(
            row.dropFirst(#"{"node":"gw","epoch":"00000000000000a1","partition":1,"seq":7,"topic":"a","#.count)
        )
    }

    @Test func `a plain event has identity, topic, time and payload`() {
        let text = rows { block in
            block.append(sequence: 7, timestamp: 1_700_000_000_000, topic: "a/b", payload: Array("21.5".utf8))
            block.append(sequence: UInt64(Int64.max), timestamp: -5, topic: "ä", payload: [])
        }
        #expect(
            text == [
                #"{"node":"gw","epoch":"00000000000000a1","partition":1,"seq":7,"topic":"a/b","#
                    + #""ts_ms":1700000000000,"ts_raw_ms":1700000000000,"ts_quality":"unknown","payload":"21.5"}"#,
                #"{"node":"gw","epoch":"00000000000000a1","partition":1,"seq":9223372036854775807,"topic":"ä","#
                    + #""ts_ms":-5,"ts_raw_ms":-5,"ts_quality":"unknown","payload":""}"#,
            ]
        )
    }

    @Test func `what landed behind newer events says so`() {
        var block = EventBlock()
        block.append(sequence: 7, timestamp: 1, topic: "a", payload: Array("x".utf8))
        let lane = Lane(epoch: 0xA1, partition: Partition(number: 1))
        let entry = LogEntry(position: 12, node: "gw", lane: lane, block: block, isHistorical: true)
        var rows = ExportRows()
        rows.append(entry, clock: .unknown)
        let expected =
            #"{"node":"gw","epoch":"00000000000000a1","partition":1,"historical":true,"seq":7,"topic":"a","#
            + #""ts_ms":1,"ts_raw_ms":1,"ts_quality":"unknown","payload":"x"}"#
        #expect(String(decoding: rows.bytes, as: UTF8.self) == expected + "\n")
        #expect(TailLines.lines(entry, clock: .unknown) == ["1970-01-01T00:00:00.001Z gw (historical) a x"])
    }

    /// A boot at 1970 of which the time came a minute later.
    private let clock = ClockHistory([
        .init(
            epoch: Epoch(id: 0xA1, ordinal: 1),
            record: ClockRecord(
                ordinal: 1,
                reading: ClockReading(boot: 1, uptime: 0, wall: 0, isSynchronised: false),
                places: []
            )
        ),
        .init(
            epoch: Epoch(id: 0xA1, ordinal: 1),
            record: ClockRecord(
                ordinal: 2,
                reading: ClockReading(boot: 1, uptime: 60_000, wall: 1_767_225_660_000, isSynchronised: true),
                places: [.init(partition: Partition(number: 1), first: 8)]
            )
        ),
    ]).clock(of: Lane(epoch: 0xA1, partition: Partition(number: 1)))

    @Test func `times are corrected, and the clock's own beside them`() {
        let text = rows(clock: clock) { block in
            block.append(sequence: 7, timestamp: 5_000, topic: "a", payload: [])
            block.append(sequence: 8, timestamp: 1_767_225_660_001, topic: "a", payload: [])
        }
        #expect(text[0].contains(#""ts_ms":1767225605000,"ts_raw_ms":5000,"ts_quality":"corrected","payload":"""#))
        #expect(text[1].contains(#""ts_ms":1767225660001,"ts_raw_ms":1767225660001,"ts_quality":"synchronised","#))
    }

    @Test func `control characters, quotes and backslashes are escaped`() {
        #expect(
            payload(Array("\"\\\n\r\t\u{0}\u{1f}ü".utf8))
                == #""ts_ms":1,"ts_raw_ms":1,"ts_quality":"unknown","payload":"\"\\\n\r\t\u0000\u001fü"}"#
        )
    }

    @Test(
        arguments: [
            ([0xFF], "/w=="), ([0xFF, 0x00], "/wA="), ([0xFF, 0x00, 0x62], "/wBi"),
            ([0xFF, 0x00, 0x62, 0x69], "/wBiaQ=="),
        ] as [([UInt8], String)]
    )
    func `a payload that is no text is base64`(bytes: [UInt8], encoded: String) {
        #expect(payload(bytes) == #""ts_ms":1,"ts_raw_ms":1,"ts_quality":"unknown","payload_b64":"\#(encoded)"}"#)
    }

    @Test func `attributes are shown where there are any`() {
        var attributes = EventAttributes()
        attributes.qualityOfService = 0
        attributes.retain = true
        attributes.expiry = 60
        attributes.contentType = "text/plain"
        attributes.correlationData = [1, 2]
        attributes.userProperties = [.init(name: "k", value: "v"), .init(name: "k", value: "w")]
        let row = rows {
            $0.append(sequence: 1, timestamp: 1, topic: "a", attributes: attributes.encoded(), payload: [])
        }[0]
        #expect(
            row.hasSuffix(
                #""payload":"","attributes":{"qos":0,"retain":true,"expiry_s":60,"content_type":"text/plain","#
                    + #""correlation_data_b64":"AQI=","user_properties":[["k","v"],["k","w"]]}}"#
            )
        )
    }

    @Test func `attributes that cannot be read are not left out`() {
        let row = rows { $0.append(sequence: 1, timestamp: 1, topic: "a", attributes: [99], payload: []) }[0]
        #expect(row.hasSuffix(#""attributes_b64":"Yw=="}"#))
    }

    @Test func `the position is there when it is asked for`() {
        let row = rows(showsPosition: true) { $0.append(sequence: 1, timestamp: 1, topic: "a", payload: []) }[0]
        #expect(row.contains(#""partition":1,"position":12,"seq":1,"#))
    }

    @Test func `tail lines move no cursor`() {
        var block = EventBlock()
        block.append(sequence: 1, timestamp: 1_700_000_000_123, topic: "a", payload: Array("x\u{1b}[2Jy\nz".utf8))
        block.append(sequence: 2, timestamp: -1, topic: "a", payload: [0xFF, 0xFE])
        let lane = Lane(epoch: 1, partition: Partition(number: 1))
        #expect(
            TailLines.lines(LogEntry(position: 1, node: "gw", lane: lane, block: block), clock: .unknown) == [
                #"2023-11-14T22:13:20.123Z gw a x\u{1B}[2Jy\nz"#,
                "1969-12-31T23:59:59.999Z gw a (2 bytes)",
            ]
        )
    }
}
