// SPDX-License-Identifier: Apache-2.0

import Broker
import Keys
import MQTT
import NIOCore
import NIOSSL
import TestSupport
import Testing

@Suite(
    .enabled(if: Shell.hasMosquitto && Shell.hasOpenSSL, "mosquitto-clients or openssl are not installed"),
    .serialized
) struct TLSListenerTests {
    private static let variable = "SLUICE_MQTT_TLS_LISTEN"

    private func withTLS(
        ingested: Ingested = Ingested(),
        log: LogLines = LogLines(),
        _ configure: (inout BrokerConfiguration, Certificates) throws -> Void = { _, _ in },
        _ body: (MQTTBroker, Int, Certificates) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            var configuration = BrokerConfiguration()
            configuration.listeners = [
                .init(.address(host: "127.0.0.1", port: 0), usesTLS: true, variable: Self.variable)
            ]
            configuration.tls = certificates.files
            try configure(&configuration, certificates)
            try await withBroker(configuration, ingested: ingested, logger: log.logger) { broker, _ in
                try await body(broker, try #require(broker.port(of: Self.variable)), certificates)
            }
        }
    }

    private func options(_ port: Int, _ certificates: Certificates, client: String? = nil) -> String {
        let own = client.map { " --cert \(certificates.path($0)).pem --key \(certificates.path($0)).key" } ?? ""
        return "-h localhost -p \(port) --cafile \(certificates.path("ca.pem")) -q 1\(own)"
    }

    @Test(arguments: ["tlsv1.2", "tlsv1.3"]) func `mosquitto_pub reaches mosquitto_sub`(version: String) async throws {
        let ingested = Ingested()
        try await withTLS(ingested: ingested) { broker, port, certificates in
            let options = options(port, certificates) + " --tls-version \(version)"
            let subscriber = Shell("mosquitto_sub \(options) -t 'site/+' -v -C 2")
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            let lines = Shell("sh -c \"printf 'one\\ntwo\\n' | mosquitto_pub \(options) -t site/1 -l\"")
            #expect(await lines.output().isEmpty)
            #expect(await subscriber.output() == "site/1 one\nsite/1 two\n")
            #expect(ingested.eventCount == 2)
        }
    }

    @Test func `the key exchange withstands quantum computers where the client knows how`() async throws {
        try await withTLS { _, port, certificates in
            var client = TLSConfiguration.makeClientConfiguration()
            client.trustRoots = .file(certificates.path("ca.pem"))
            client.curves = [.x25519_MLKEM768]
            let peer = try await RawPeer(port: port, tls: try NIOSSLContext(configuration: client))
            peer.connect(.v5, id: "new")
            try await eventually("connected") { try peer.packets(.v5).count == 1 }
            await peer.close()
        }
    }

    @Test func `a refused client of TLS gets its CONNACK`() async throws {
        try await withTLS { _, port, certificates in
            var client = TLSConfiguration.makeClientConfiguration()
            client.trustRoots = .file(certificates.path("ca.pem"))
            let peer = try await RawPeer(port: port, tls: try NIOSSLContext(configuration: client))
            var connect = Connect(version: .v311, clientID: "")
            connect.cleanStart = false
            peer.send(.connect(connect))
            try await eventually("closed") { peer.isClosed }
            #expect(try peer.packets(.v311) == [.connack(Connack(reason: .clientIdentifierNotValid))])
        }
    }

    @Test func `the name in a client's certificate is its user name`() async throws {
        let ingested = Ingested()
        let log = LogLines()
        try await withTLS(ingested: ingested, log: log) { configuration, certificates in
            try certificates.make("pump", subject: "/O=Works/CN=pump-7", names: "DNS:ignored.example")
            try certificates.make("valve", subject: "/O=Works", names: "email:a@b.example,DNS:valve.example,URI:urn:x")
            try certificates.make("nobody", subject: "/O=Works", names: "IP:192.0.2.1")
            try writeFile(
                certificates.path("acl"),
                "user pump-7\ntopic write pump/#\nuser valve.example\ntopic write valve/#\n"
            )
            configuration.tls?.clientAuthorities = certificates.path("ca.pem")
            configuration.access.listFile = certificates.path("acl")
        } _: { broker, port, certificates in
            func publish(_ client: String?, _ topic: String) async -> String {
                // The user name that is given counts for nothing.
                let options = options(port, certificates, client: client) + " -V mqttv5 -u valve.example -P x"
                return await Shell("mosquitto_pub \(options) -t \(topic) -m x").output()
            }
            #expect(await publish("pump", "pump/1") == "")
            #expect(await publish("valve", "valve/1") == "")
            #expect(await publish("pump", "valve/1").contains("Not authorized"))
            #expect(await publish("nobody", "pump/1").contains("Not authorized"))
            #expect(await publish(nil, "pump/1").contains("exit"))
            #expect(ingested.topics == ["pump/1", "valve/1"])
            try await eventually("said so") { log.contain("the client showed no certificate") }
            #expect(log.contain("has neither a common name nor a DNS or URI name"))
        }
    }

    @Test func `a client that another authority has signed is refused`() async throws {
        let log = LogLines()
        try await withDirectory { elsewhere in
            let others = try Certificates(in: elsewhere)
            try await withTLS(log: log) { configuration, certificates in
                configuration.tls?.clientAuthorities = certificates.path("ca.pem")
            } _: { _, port, certificates in
                let options = options(port, certificates)
                let own = "--cert \(others.path("server.pem")) --key \(others.path("server.key"))"
                #expect(await Shell("mosquitto_pub \(options) \(own) -t t -m x").output().contains("exit"))
                try await eventually("said so") { log.contain("of none of SLUICE_MQTT_TLS_CLIENT_CA_FILE") }
            }
        }
    }

    @Test(arguments: [
        ([0x10, 0x0C, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 0] as [UInt8], "the client sent plain MQTT"),
        (Array("GET / HTTP/1.1\r\n\r\n".utf8), "the client sent an HTTP request"),
        ([0x16, 3, 1, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF], "the handshake failed: "),
        ([0x16, 3, 1], "was not done within"), ([], "was not done within"),
    ])
    func `what is no TLS is closed, and said to be`(_ bytes: [UInt8], _ words: String) async throws {
        let log = LogLines()
        try await withTLS(log: log) { configuration, _ in
            configuration.connectTimeout = .milliseconds(400)
        } _: { broker, port, _ in
            let peer = try await RawPeer(port: port)
            if !bytes.isEmpty { peer.send(bytes) }
            try await eventually("closed") { peer.isClosed }
            try await eventually("said so in \(log.all)") { log.contain(words) }
            #expect(broker.statistics().connections == 0)
        }
    }

    @Test func `no more shake hands at once than may`() async throws {
        let log = LogLines()
        try await withTLS(log: log) { configuration, _ in
            configuration.maximumHandshakes = 2
        } _: { _, port, certificates in
            // Which of them is too many is not said: each is taken on an event loop of its own.
            var peers: [RawPeer] = []
            for _ in 1...3 { peers.append(try await RawPeer(port: port)) }
            try await eventually("closed") { peers.contains(where: \.isClosed) }
            #expect(log.contain("too many handshakes"))
            peers.removeAll(where: \.isClosed)
            #expect(peers.count == 2)
            await peers.removeFirst().close()
            let options = options(port, certificates)
            try await eventually("room again") {
                await Shell("mosquitto_pub \(options) -t t -m x").output().isEmpty
            }
            await peers.removeFirst().close()
        }
    }

    @Test func `a new certificate holds for new connections, and a bad one for none`() async throws {
        let log = LogLines()
        try await withTLS(log: log) { broker, port, certificates in
            var client = TLSConfiguration.makeClientConfiguration()
            client.trustRoots = .file(certificates.path("ca.pem"))
            let peer = try await RawPeer(port: port, tls: try NIOSSLContext(configuration: client))
            peer.connect(.v311, id: "stays")
            try await eventually("connected") { try peer.packets(.v311).count == 1 }
            let shown =
                "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 -noout -subject"
            let before = await Shell("sh -c '\(shown)'").output()
            #expect(before.contains("CN = localhost"))
            try certificates.make("server", subject: "/CN=renewed", names: "DNS:localhost")
            broker.reload()
            #expect(await Shell("sh -c '\(shown)'").output().contains("CN = renewed"))
            try writeFile(certificates.path("server.key"), "nothing\n")
            broker.reload()
            #expect(log.contain("the certificate stays as it was: SLUICE_MQTT_TLS_KEY_FILE="))
            #expect(await Shell("sh -c '\(shown)'").output().contains("CN = renewed"))
            peer.send(.pingreq)
            try await eventually("still there") { try peer.packets(.v311).last == .pingresp }
            await peer.close()
        }
    }

    @Test func `files that cannot be used are named with the reason`() async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            try certificates.make("other", subject: "/CN=other", names: "DNS:other")
            try writeFile(certificates.path("empty"), "")
            let path = certificates.path
            let cases: [(TLSFiles, String, String)] = [
                (.init(certificate: path("no"), key: path("server.key")), "SLUICE_MQTT_TLS_CERT_FILE=", "No such file"),
                (.init(certificate: path("empty"), key: path("server.key")), "CERT_FILE=", "no certificate in it"),
                (.init(certificate: path("server.pem"), key: path("no")), "SLUICE_MQTT_TLS_KEY_FILE=", "No such file"),
                (.init(certificate: path("server.pem"), key: path("ca.pem")), "KEY_FILE=", "no private key in it"),
                (.init(certificate: path("server.pem"), key: path("other.key")), "KEY_FILE=", "does not go with"),
                (
                    .init(certificate: path("server.pem"), key: path("server.key"), clientAuthorities: path("empty")),
                    "SLUICE_MQTT_TLS_CLIENT_CA_FILE=", "no certificate in it"
                ),
            ]
            for (files, variable, reason) in cases {
                var configuration = BrokerConfiguration()
                configuration.tls = files
                let fault = await #expect(throws: TLSFault.self) { try await withBroker(configuration) { _, _ in } }
                let text = fault?.description ?? ""
                #expect(text.contains(variable) && text.contains(reason), "\(text)")
            }
        }
    }

    @Test func `an expired certificate is complained of at the start and refused later`() async throws {
        let log = LogLines()
        try await withTLS(log: log) { _, certificates in
            try certificates.make("server", subject: "/CN=localhost", names: "DNS:localhost", days: -1)
        } _: { broker, port, certificates in
            #expect(log.contain("the certificate has expired"))
            broker.reload()
            #expect(log.contain("the certificate stays as it was"))
            #expect(await Shell("mosquitto_pub \(options(port, certificates)) -t t -m x").output().contains("exit"))
            try await eventually("said so in \(log.all)") { log.contain("it may not trust SLUICE_MQTT_TLS_CERT_FILE") }
        }
    }
}
