// SPDX-License-Identifier: Apache-2.0

import Broker
import MQTT
import NIOCore
import NIOSSL
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebSocketListenerTests {
    private static let variable = "SLUICE_MQTT_WS_LISTEN"

    private func withWebSocket(
        ingested: Ingested = Ingested(),
        log: LogLines = LogLines(),
        _ configure: (inout BrokerConfiguration) -> Void = { _ in },
        _ body: (MQTTBroker, Int) async throws -> Void
    ) async throws {
        var configuration = BrokerConfiguration()
        configuration.listeners = [
            .init(.address(host: "127.0.0.1", port: 0), usesWebSocket: true, variable: Self.variable)
        ]
        configure(&configuration)
        try await withBroker(configuration, ingested: ingested, logger: log.logger) { broker, _ in
            try await body(broker, try #require(broker.port(of: Self.variable)))
        }
    }

    private let connect = Packet.connect(Connect(version: .v311, clientID: "ws"))

    private func publish(_ payload: Int, id: UInt16 = 1) -> Packet {
        .publish(
            Publish(
                topic: ByteBuffer(string: "t"),
                payload: ByteBuffer(repeating: 0x61, count: payload),
                packetID: id,
                qualityOfService: .atLeastOnce
            )
        )
    }

    @Test(arguments: ["/", "/mqtt", "/mqtt?x=1"]) func `the subprotocol mqtt is chosen and packets go both ways`(
        path: String
    ) async throws {
        let ingested = Ingested()
        try await withWebSocket(ingested: ingested) { broker, port in
            let peer = try await WebSocketPeer(port: port)
            let head = try await peer.upgrade(path: path, subprotocols: "other, mqtt")
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.lowercased().contains("sec-websocket-protocol: mqtt\r\n"))
            #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            let request = Subscribe(packetID: 7, requests: [.init(filter: "t", qualityOfService: .atMostOnce)])
            peer.send(connect, .subscribe(request))
            try await eventually("subscribed") { try peer.packets().count == 2 }
            peer.send(publish(3, id: 9))
            try await eventually("acknowledged and delivered") { try peer.packets().count == 4 }
            #expect(try peer.packets().contains(.puback(PublishAnswer(packetID: 9))))
            #expect(broker.statistics().connections == 1 && ingested.eventCount == 1)
            await peer.peer.close()
            try await eventually("gone") { broker.statistics().connections == 0 }
        }
    }

    @Test func `packets need not be aligned with frames`() async throws {
        let ingested = Ingested()
        try await withWebSocket(ingested: ingested) { _, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            for byte in WebSocketPeer.bytes([connect]) { peer.send([byte]) }
            let bytes = WebSocketPeer.bytes([publish(1_000, id: 1), publish(2_000, id: 2), publish(0, id: 3)])
            // Fragments of one message, a ping between them, and the end of it with what follows.
            peer.send(Array(bytes[..<700]), fin: false)
            peer.send([0x70], opcode: 9)
            peer.send(Array(bytes[700..<1_100]), opcode: 0, fin: false)
            peer.send(Array(bytes[1_100...]), opcode: 0)
            try await eventually("acknowledged") { try peer.packets().count == 4 }
            #expect(ingested.payloads.map(\.count) == [1_000, 2_000, 0])
            #expect(peer.frames.contains(.init(opcode: 10, payload: [0x70])))
            await peer.peer.close()
        }
    }

    @Test func `the largest event comes through in one frame`() async throws {
        let ingested = Ingested()
        try await withWebSocket(ingested: ingested) { _, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            peer.send(connect, publish((256 << 10) - 1))
            try await eventually("acknowledged") { try peer.packets().count == 2 }
            await peer.peer.close()
        }
    }

    @Test func `a close frame is answered, and so is DISCONNECT`() async throws {
        try await withWebSocket { broker, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            peer.send(connect)
            try await eventually("in") { broker.statistics().connections == 1 }
            peer.send([0x03, 0xE8], opcode: 8)
            try await eventually("closed") { peer.peer.isClosed }
            #expect(peer.closeCode == 1_000)
            let other = try await WebSocketPeer(port: port)
            _ = try await other.upgrade()
            other.send(connect, .disconnect(Disconnect()))
            try await eventually("closed") { other.peer.isClosed }
            #expect(other.closeCode == 1_000)
            try await eventually("gone") { broker.statistics().connections == 0 }
        }
    }

    @Test func `a refused client gets its CONNACK, a close frame and time for its own`() async throws {
        try await withWebSocket { _, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            var bad = Connect(version: .v311, clientID: "")
            bad.cleanStart = false
            peer.send(.connect(bad))
            try await eventually("a close frame") { peer.closeCode == 1_000 }
            #expect(try peer.packets() == [.connack(Connack(reason: .clientIdentifierNotValid))])
            #expect(!peer.peer.isClosed)
            peer.send([0x03, 0xE8], opcode: 8)
            try await eventually("closed") { peer.peer.isClosed }
        }
    }

    @Test(arguments: [
        (UInt8(1), true, true, 4, 1_003, "in binary WebSocket frames"), (2, true, false, 4, 1_002, "must mask"),
        (0, true, true, 4, 1_002, "out of order"), (0x42, true, true, 4, 1_002, "extension"),
        (2, true, true, 300 << 10, 1_009, "larger"),
    ])
    func `frames that may not be end the connection with their code`(
        _ opcode: UInt8,
        _ fin: Bool,
        _ masked: Bool,
        _ count: Int,
        _ code: Int,
        _ words: String
    ) async throws {
        let log = LogLines()
        try await withWebSocket(log: log) { broker, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            peer.send([UInt8](repeating: 0, count: count), opcode: opcode, fin: fin, masked: masked)
            try await eventually("closed") { peer.peer.isClosed }
            #expect(log.contain(words))
            // The rest of what was too large may reset the connection before the frame is read.
            if count == 4 { #expect(peer.closeCode == code) }
        }
    }

    @Test(arguments: [("/other", "mqtt"), ("/", "mqttv3.1"), ("/", nil)])
    func `another path or subprotocol is refused with words`(_ path: String, _ subprotocols: String?) async throws {
        let log = LogLines()
        try await withWebSocket(log: log) { _, port in
            let peer = try await WebSocketPeer(port: port)
            let head = try await peer.upgrade(path: path, subprotocols: subprotocols)
            #expect(head.hasPrefix("HTTP/1.1 426 "))
            try await eventually("closed") { peer.peer.isClosed }
            #expect(log.contain("was not for MQTT over WebSocket"))
        }
    }

    @Test(arguments: [
        (["http://localhost"], true), (["HTTP://LOCALHOST:8080"], true), (["https://panel.example"], true),
        (["http://panel.example"], false), (["http://evil.example"], false), (["null"], false),
        (["http://localhost", "http://evil.example"], false),
    ])
    func `a page of another site does not get in by its visitor's browser`(
        _ origins: [String],
        _ isAllowed: Bool
    ) async throws {
        let log = LogLines()
        try await withWebSocket(log: log) { configuration in
            configuration.webOrigins = ["https://panel.example"]
        } _: { broker, port in
            let peer = try await WebSocketPeer(port: port)
            let head = try await peer.upgrade(origins: origins)
            #expect(head.hasPrefix(isAllowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 "))
            #expect(broker.statistics().turnedAway == (isAllowed ? [:] : ["web origin": 1]))
            guard !isAllowed else { return await peer.peer.close() }
            try await eventually("closed") { peer.peer.isClosed }
            #expect(log.contain("a page of \(origins[0])") && log.contain("SLUICE_MQTT_WS_ORIGINS"))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n", "not done within"), ("\u{10}\u{c}\0\u{4}MQTT", "plain MQTT"),
        ("GARBAGE\r\n\r\n", "failed"),
    ])
    func `what never becomes a WebSocket is closed`(_ bytes: String, _ words: String) async throws {
        let log = LogLines()
        try await withWebSocket(log: log) { configuration in
            configuration.connectTimeout = .milliseconds(300)
        } _: { _, port in
            let peer = try await RawPeer(port: port)
            peer.send(Array(bytes.utf8))
            try await eventually("closed") { peer.isClosed }
            try await eventually("said so") { log.contain(words) }
        }
    }

    @Test func `an upgrade without CONNECT is closed`() async throws {
        try await withWebSocket { configuration in
            configuration.connectTimeout = .milliseconds(300)
        } _: { _, port in
            let peer = try await WebSocketPeer(port: port)
            _ = try await peer.upgrade()
            try await eventually("closed") { peer.peer.isClosed }
        }
    }

    @Test(.enabled(if: Shell.hasOpenSSL, "openssl is not installed")) func `it works over TLS, too`() async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            var client = TLSConfiguration.makeClientConfiguration()
            client.trustRoots = .file(certificates.path("ca.pem"))
            let context = try NIOSSLContext(configuration: client)
            let ingested = Ingested()
            try await withWebSocket(ingested: ingested) { configuration in
                configuration.listeners[0].usesTLS = true
                configuration.tls = certificates.files
            } _: { _, port in
                let peer = try await WebSocketPeer(port: port, tls: context)
                #expect(try await peer.upgrade().hasPrefix("HTTP/1.1 101 "))
                peer.send(connect, publish(5))
                try await eventually("acknowledged") { try peer.packets().count == 2 }
                #expect(ingested.eventCount == 1)
                await peer.peer.close()
            }
        }
    }

    @Test func `the first bytes say who has the wrong port`() {
        #expect(PeerGuess.notHTTP("GET /".utf8) == nil)
        #expect(PeerGuess.notHTTP([0x16, 3, 1]) == "a TLS handshake")
        #expect(PeerGuess.notTLS([0x16, 3, 1]) == nil)
        #expect(PeerGuess.notTLS([0x10, 0x0C]) == "plain MQTT")
        #expect(PeerGuess.notTLS("GET / HTTP/1.1".utf8) == "an HTTP request")
    }
}
