// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import Testing

/// Bytes as the specifications print them.
@Suite struct GoldenTests {
    private func check(
        _ packet: Packet,
        _ bytes: [UInt8],
        _ version: MQTTVersion,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        var written = ByteBuffer()
        packet.encode(into: &written, version: version)
        #expect(Array(written.readableBytesView) == bytes, sourceLocation: location)
        var read = ByteBuffer(bytes: bytes)
        let decoder = PacketDecoder(version: version, maximumPacketBytes: 1 << 20)
        #expect(try decoder.next(from: &read) == packet, sourceLocation: location)
    }

    @Test(
        arguments: [
            (0, [0x00]), (127, [0x7F]), (128, [0x80, 0x01]), (16_383, [0xFF, 0x7F]), (16_384, [0x80, 0x80, 0x01]),
            (2_097_151, [0xFF, 0xFF, 0x7F]), (2_097_152, [0x80, 0x80, 0x80, 0x01]),
            (268_435_455, [0xFF, 0xFF, 0xFF, 0x7F]),
        ] as [(Int, [UInt8])]
    ) func `variable byte integers are those of MQTT 5 table 1-1`(
        value: Int,
        bytes: [UInt8]
    ) throws {
        var buffer = ByteBuffer()
        buffer.writeVariableInteger(value)
        #expect(Array(buffer.readableBytesView) == bytes)
        #expect(try buffer.readVariableInteger() == value)
    }

    @Test func `CONNECT of MQTT 3 with everything`() throws {
        var connect = Connect(version: .v311, clientID: "id")
        connect.keepAlive = 10
        connect.will = Will(topic: "w", payload: [0x21], qualityOfService: .atLeastOnce)
        connect.userName = "u"
        connect.password = [0x70]
        // Section 3.1.2: the variable header example has flags 0xCE and keep alive 10.
        try check(
            .connect(connect),
            [0x10, 26, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 0xCE, 0, 10, 0, 2, 0x69, 0x64, 0, 1, 0x77, 0, 1, 0x21]
                + [0, 1, 0x75, 0, 1, 0x70],
            .v311
        )
    }

    @Test func `CONNECT of MQTT 5 with session expiry`() throws {
        var connect = Connect(version: .v5, clientID: "")
        connect.keepAlive = 10
        connect.properties.append(.sessionExpiry, 10)
        // MQTT 5.0 section 3.1.2.12: properties 05 11 00 00 00 0A.
        try check(
            .connect(connect),
            [0x10, 18, 0, 4, 0x4D, 0x51, 0x54, 0x54, 5, 0x02, 0, 10, 5, 0x11, 0, 0, 0, 10, 0, 0],
            .v5
        )
    }

    @Test func `PUBLISH of figure 3-11`() throws {
        let publish = Publish(
            topic: ByteBuffer(string: "a/b"),
            payload: ByteBuffer(),
            packetID: 10,
            qualityOfService: .atLeastOnce
        )
        try check(.publish(publish), [0x32, 7, 0, 3, 0x61, 0x2F, 0x62, 0, 10], .v311)
        try check(.publish(publish), [0x32, 8, 0, 3, 0x61, 0x2F, 0x62, 0, 10, 0], .v5)
    }

    @Test func `SUBSCRIBE of figure 3-23`() throws {
        let subscribe = Subscribe(
            packetID: 10,
            requests: [
                .init(filter: "a/b", qualityOfService: .atLeastOnce),
                .init(filter: "c/d", qualityOfService: .exactlyOnce),
            ]
        )
        let filters: [UInt8] = [0, 3, 0x61, 0x2F, 0x62, 1, 0, 3, 0x63, 0x2F, 0x64, 2]
        try check(.subscribe(subscribe), [0x82, 14, 0, 10] + filters, .v311)
        try check(.subscribe(subscribe), [0x82, 15, 0, 10, 0] + filters, .v5)
    }

    @Test func `answers and short packets`() throws {
        try check(.connack(Connack(reason: .success)), [0x20, 2, 0, 0], .v311)
        try check(.connack(Connack(reason: .notAuthorized)), [0x20, 2, 0, 5], .v311)
        try check(.connack(Connack(reason: .notAuthorized)), [0x20, 3, 0, 0x87, 0], .v5)
        try check(.puback(PublishAnswer(packetID: 0x1234)), [0x40, 2, 0x12, 0x34], .v311)
        try check(.puback(PublishAnswer(packetID: 0x1234)), [0x40, 2, 0x12, 0x34], .v5)
        try check(.puback(PublishAnswer(packetID: 1, reason: .quotaExceeded)), [0x40, 3, 0, 1, 0x97], .v5)
        try check(.pubrel(PublishAnswer(packetID: 1)), [0x62, 2, 0, 1], .v311)
        try check(.suback(Suback(packetID: 1, reasons: [.grantedQoS1])), [0x90, 3, 0, 1, 1], .v311)
        try check(.unsuback(Unsuback(packetID: 1, reasons: [])), [0xB0, 2, 0, 1], .v311)
        try check(.pingreq, [0xC0, 0], .v311)
        try check(.pingresp, [0xD0, 0], .v5)
        try check(.disconnect(Disconnect()), [0xE0, 0], .v311)
        try check(.disconnect(Disconnect(reason: .sessionTakenOver)), [0xE0, 1, 0x8E], .v5)
    }

    @Test func `UTF-8 text of section 1-5-4`() throws {
        let publish = Publish(topic: ByteBuffer(string: "A\u{2A6D4}"), payload: ByteBuffer())
        try check(.publish(publish), [0x30, 7, 0, 5, 0x41, 0xF0, 0xAA, 0x9B, 0x94], .v311)
    }
}
