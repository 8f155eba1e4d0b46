// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import Testing

@Suite struct MalformedTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var bytes: [UInt8]
        var version: MQTTVersion = .v311
        var reason: ReasonCode = .malformedPacket
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "type 0", bytes: [0x00, 0]),
        Case(name: "length of five bytes", bytes: [0x30, 0x80, 0x80, 0x80, 0x80, 0x01]),
        Case(name: "padded length", bytes: [0xC0, 0x80, 0x00]),
        Case(name: "flags on PINGREQ", bytes: [0xC1, 0]),
        Case(name: "SUBSCRIBE without its flags", bytes: [0x80, 6, 0, 1, 0, 1, 0x61, 0]),
        Case(name: "bytes after PINGREQ", bytes: [0xC0, 1, 0]),
        Case(name: "PUBLISH with QoS 3", bytes: [0x36, 5, 0, 1, 0x61, 0, 1]),
        Case(name: "PUBLISH QoS 0 as duplicate", bytes: [0x38, 3, 0, 1, 0x61]),
        Case(name: "PUBLISH with identifier 0", bytes: [0x32, 5, 0, 1, 0x61, 0, 0]),
        Case(name: "topic past the packet", bytes: [0x30, 3, 0, 9, 0x61]),
        Case(name: "topic not UTF-8", bytes: [0x30, 4, 0, 2, 0xC3, 0x28]),
        Case(name: "topic is a surrogate", bytes: [0x30, 5, 0, 3, 0xED, 0xA0, 0x80]),
        Case(name: "wildcard in topic", bytes: [0x30, 5, 0, 3, 0x61, 0x2F, 0x23]),
        Case(name: "NUL in topic", bytes: [0x30, 4, 0, 2, 0x61, 0]),
        Case(name: "empty topic", bytes: [0x30, 2, 0, 0], reason: .protocolError),
        Case(name: "SUBSCRIBE without a filter", bytes: [0x82, 2, 0, 1], reason: .protocolError),
        Case(name: "SUBSCRIBE with QoS 3", bytes: [0x82, 6, 0, 1, 0, 1, 0x61, 3]),
        Case(name: "options of MQTT 5 in MQTT 3", bytes: [0x82, 6, 0, 1, 0, 1, 0x61, 4]),
        Case(name: "NUL in a filter", bytes: [0x82, 6, 0, 1, 0, 1, 0, 0]),
        Case(name: "another protocol", bytes: [0x10, 7, 0, 4, 77, 81, 84, 83, 4]),
        Case(name: "level 3", bytes: [0x10, 7, 0, 4, 77, 81, 84, 84, 3], reason: .unsupportedProtocolVersion),
        Case(name: "level 6", bytes: [0x10, 7, 0, 4, 77, 81, 84, 84, 6], reason: .unsupportedProtocolVersion),
        Case(
            name: "MQIsdp",
            bytes: [0x10, 9, 0, 6, 77, 81, 73, 115, 100, 112, 3],
            reason: .unsupportedProtocolVersion
        ),
        Case(name: "reserved CONNECT flag", bytes: [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 3, 0, 0, 0, 0]),
        Case(name: "will QoS without will", bytes: [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 0x0A, 0, 0, 0, 0]),
        Case(name: "password without user", bytes: [0x10, 14, 0, 4, 77, 81, 84, 84, 4, 0x42, 0, 0, 0, 0, 0, 0]),
        Case(name: "packet over the limit", bytes: [0x30, 0xFF, 0xFF, 0x7F], reason: .packetTooLarge),
        Case(name: "AUTH in MQTT 3", bytes: [0xF0, 0]),
        Case(name: "unknown property", bytes: [0x30, 6, 0, 1, 0x61, 2, 0x7F, 0], version: .v5),
        Case(name: "properties past the packet", bytes: [0x30, 4, 0, 1, 0x61, 9], version: .v5),
        Case(
            name: "property twice",
            bytes: [0x30, 8, 0, 1, 0x61, 4, 1, 0, 1, 0],
            version: .v5,
            reason: .protocolError
        ),
        Case(name: "property in the wrong packet", bytes: [0x30, 7, 0, 1, 0x61, 3, 0x21, 0, 1], version: .v5),
        Case(
            name: "wildcard in a response topic",
            bytes: [0x30, 8, 0, 1, 0x61, 4, 8, 0, 1, 0x23],
            version: .v5,
            reason: .protocolError
        ),
        Case(
            name: "empty response topic",
            bytes: [0x30, 7, 0, 1, 0x61, 3, 8, 0, 0],
            version: .v5,
            reason: .protocolError
        ),
        Case(
            name: "payload format 2",
            bytes: [0x30, 6, 0, 1, 0x61, 2, 1, 2],
            version: .v5,
            reason: .protocolError
        ),
        Case(name: "topic alias 0", bytes: [0x30, 7, 0, 1, 0x61, 3, 0x23, 0, 0], version: .v5, reason: .protocolError),
        Case(name: "property cut short", bytes: [0x30, 6, 0, 1, 0x61, 2, 2, 0], version: .v5),
        Case(name: "unknown reason code", bytes: [0x40, 3, 0, 1, 0x7F], version: .v5),
    ]

    @Test(arguments: cases) func `malformed bytes are refused with their reason`(given: Case) {
        var buffer = ByteBuffer(bytes: given.bytes)
        let decoder = PacketDecoder(version: given.version, maximumPacketBytes: 1 << 16)
        do throws(MQTTFault) {
            let packet = try decoder.next(from: &buffer)
            Issue.record("decoded \(String(describing: packet))")
        } catch {
            #expect(error.reason == given.reason, "\(error)")
            #expect(!error.text.isEmpty)
        }
    }

    @Test(arguments: [0x20, 0x91, 0xB0, 0xD0] as [UInt8])
    func `a server does not read what only servers send`(first: UInt8) {
        var buffer = ByteBuffer(bytes: [first])
        let decoder = PacketDecoder(version: .v5, maximumPacketBytes: 1 << 16, isServer: true)
        do throws(MQTTFault) {
            let packet = try decoder.next(from: &buffer)
            Issue.record("decoded \(String(describing: packet))")
        } catch {
            #expect(error.reason == .protocolError)
        }
    }

    @Test func `other protocols are recognised`() {
        #expect(PeerGuess.notMQTT("GET / HTTP/1.1\r\n".utf8) == "an HTTP request")
        #expect(PeerGuess.notMQTT([0x16, 0x03, 0x01, 0x02, 0x00]) == "a TLS handshake")
        #expect(PeerGuess.notMQTT("SSH-2.0-x\r\n".utf8) == "SSH")
        #expect(PeerGuess.notMQTT([0xC0, 0x00]) == "an MQTT pingreq packet before CONNECT")
        #expect(PeerGuess.notMQTT([0x10]) == nil)
        #expect(PeerGuess.notMQTT([]) == nil)
    }
}
