// SPDX-License-Identifier: Apache-2.0

import Broker
import Glibc
import MQTT
import NIOCore
import NIOPosix
import Testing

/// Passwords and access rules as other people's clients meet them.
@Suite(
    .enabled(if: Shell.hasMosquitto, "mosquitto-clients is not installed"),
    .serialized,
    .timeLimit(.minutes(1))
) struct AccessEndToEndTests {
    private static let rules = """
        topic read public/#
        user pump-7
        topic write site/#
        topic deny site/secret
        user desk
        topic read site/#
        topic read cmd/open
        topic write cmd/#
        pattern read own/%u/%c
        """

    private func withAccess(
        ingested: Ingested = Ingested(),
        log: LogLines = LogLines(),
        rules: String? = Self.rules,
        _ body: (MQTTBroker, Int, String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            var lines = ""
            for user in ["pump-7", "desk"] {
                let hash = try #require(PasswordHash(hashing: Array("secret of \(user)".utf8)))
                lines += "\(user):\(hash.text)\n"
            }
            try writeFile("\(directory)/passwd", lines)
            var configuration = BrokerConfiguration()
            configuration.access.passwordFile = "\(directory)/passwd"
            if let rules {
                try writeFile("\(directory)/acl", rules)
                configuration.access.listFile = "\(directory)/acl"
            }
            try await withBroker(configuration, ingested: ingested, logger: log.logger) { broker, port in
                try await body(broker, port, directory)
            }
        }
    }

    private func login(_ user: String) -> String { "-u \(user) -P 'secret of \(user)'" }

    private func client(_ port: Int, _ user: String, _ version: MQTTVersion, id: String = "") async throws -> MQTTClient
    {
        var configuration = MQTTClientConfiguration(clientID: id)
        configuration.port = port
        configuration.version = version
        configuration.userName = user
        configuration.password = Array("secret of \(user)".utf8)
        return try await .connect(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    @Test(arguments: [
        ("mqttv311", "not authorised", "not authorised"),
        ("mqttv5", "Bad User Name or Password", "Not authorized"),
    ])
    func `who does not know the password stays out`(
        _ version: String,
        _ bad: String,
        _ unauthorized: String
    ) async throws {
        let ingested = Ingested()
        try await withAccess(ingested: ingested) { broker, port, _ in
            func publish(_ login: String) async -> String {
                await Shell("mosquitto_pub -h 127.0.0.1 -p \(port) -V \(version) -q 1 -t site/1 -m x \(login)").output()
            }
            #expect(await publish(login("pump-7")) == "")
            #expect(await publish("-u pump-7 -P wrong").lowercased().contains(bad.lowercased()))
            #expect(await publish("-u stranger -P wrong").lowercased().contains(bad.lowercased()))
            #expect(await publish("").lowercased().contains(unauthorized.lowercased()))
            #expect(ingested.eventCount == 1)
            #expect(broker.statistics().turnedAway == ["bad password": 2, "not authorized": 1])
        }
    }

    @Test(arguments: ["mqttv311", "mqttv5"]) func `rules hold for publishing and for what is delivered`(
        version: String
    ) async throws {
        let ingested = Ingested()
        try await withAccess(ingested: ingested) { broker, port, _ in
            let options = "-h 127.0.0.1 -p \(port) -V \(version) -q 1"
            let subscriber = Shell("mosquitto_sub \(options) \(login("desk")) -i d1 -t '#' -v -C 2")
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            func publish(_ user: String, _ topic: String) async -> String {
                await Shell("mosquitto_pub \(options) \(login(user)) -t \(topic) -m x").output()
            }
            #expect(await publish("desk", "cmd/close") == "")
            #expect(await publish("desk", "cmd/open") == "")
            // MQTT 3.1.1 has no way to say no.
            let denied = version == "mqttv5" ? "Not authorized" : ""
            #expect(await publish("pump-7", "site/secret").contains(denied))
            #expect(await publish("pump-7", "elsewhere").contains(denied))
            #expect(await publish("pump-7", "site/1") == "")
            #expect(await subscriber.output() == "cmd/open x\nsite/1 x\n")
            #expect(ingested.topics == ["cmd/close", "cmd/open", "site/1"])
            #expect(broker.statistics().refused == ["not authorized": 2])
        }
    }

    @Test(arguments: [MQTTVersion.v311, .v5]) func `a denied message is answered in its turn, and the next are taken`(
        version: MQTTVersion
    ) async throws {
        let ingested = Ingested()
        try await withAccess(ingested: ingested) { _, port, _ in
            let client = try await client(port, "pump-7", version)
            for number in 0..<20 {
                let topic = number % 2 == 0 ? "site/1" : "site/secret"
                do {
                    try await client.publish(topic: topic, payload: ByteBuffer(string: "\(number)"))
                    #expect(number % 2 == 0 || version == .v311)
                } catch {
                    guard case .rejected(.notAuthorized, _) = error as? MQTTClientError else { throw error }
                    #expect(number % 2 == 1 && version == .v5)
                }
            }
            try await client.send(topic: "site/secret", payload: ByteBuffer(), qualityOfService: .atMostOnce)
            try await client.publish(topic: "site/end", payload: ByteBuffer())
            #expect(ingested.topics == [String](repeating: "site/1", count: 10) + ["site/end"])
            await client.disconnect()
        }
    }

    @Test(arguments: [MQTTVersion.v311, .v5]) func `a subscription that may bring nothing is refused`(
        version: MQTTVersion
    ) async throws {
        try await withAccess { broker, port, _ in
            let peer = try await RawPeer(port: port)
            var connect = Connect(version: version, clientID: "d1")
            connect.userName = "desk"
            connect.password = Array("secret of desk".utf8)
            let filters = ["site/#", "public/x", "#", "own/desk/d1", "own/desk/d2"]
            let requests = filters.map { Subscribe.Request(filter: $0, qualityOfService: .atLeastOnce) }
            // Without waiting for CONNACK, as a client may (MQTT 5.0 section 3.1.4), while its password is checked.
            peer.send(.connect(connect), .subscribe(Subscribe(packetID: 3, requests: requests)), version: version)
            try await eventually("answered") { try peer.packets(version).count == 2 }
            let no = version == .v5 ? ReasonCode.notAuthorized : .unspecifiedError
            guard case .suback(let answer)? = try peer.packets(version).last else {
                Issue.record("no SUBACK")
                return
            }
            #expect(answer.reasons == [.grantedQoS1, no, .grantedQoS1, .grantedQoS1, no])
            #expect(broker.statistics().subscriptions == 3 && broker.statistics().deniedSubscriptions == 2)
            await peer.close()
        }
    }

    @Test func `a will to a topic that is not allowed keeps the client out`() async throws {
        try await withAccess { _, port, _ in
            for (topic, reason) in [("site/gone", ReasonCode.success), ("cmd/x", .notAuthorized)] {
                let peer = try await RawPeer(port: port)
                var connect = Connect(version: .v5, clientID: "w")
                connect.userName = "pump-7"
                connect.password = Array("secret of pump-7".utf8)
                connect.will = Will(topic: topic, payload: [])
                peer.send(.connect(connect), version: .v5)
                try await eventually("answered") { try !peer.packets(.v5).isEmpty }
                guard case .connack(let answer)? = try peer.packets(.v5).first else { return }
                #expect(answer.reason == reason, "\(topic)")
                await peer.close()
            }
        }
    }

    @Test func `who was not let in has no will`() async throws {
        let ingested = Ingested()
        try await withAccess(ingested: ingested, rules: nil) { broker, port, _ in
            for password in ["wrong", nil] {
                let peer = try await RawPeer(port: port)
                var connect = Connect(version: .v5, clientID: "w")
                connect.userName = password.map { _ in "pump-7" }
                connect.password = password.map { Array($0.utf8) }
                connect.will = Will(topic: "site/gone", payload: [])
                peer.send(.connect(connect), version: .v5)
                try await eventually("refused") { peer.isClosed }
            }
            // It goes while its password is looked at.
            let peer = try await RawPeer(port: port)
            var connect = Connect(version: .v5, clientID: "w")
            connect.userName = "stranger"
            connect.will = Will(topic: "site/gone", payload: [])
            peer.send(.connect(connect), version: .v5)
            await peer.close()
            let other = try await client(port, "pump-7", .v5)
            try await other.publish(topic: "site/last", payload: ByteBuffer())
            await other.disconnect()
            #expect(ingested.topics == ["site/last"])
        }
    }

    @Test func `guessing is answered with a rate that was exceeded`() async throws {
        try await withAccess { broker, port, _ in
            var answers: [ReasonCode] = []
            for guess in 0..<6 {
                let peer = try await RawPeer(port: port)
                var connect = Connect(version: guess < 5 ? .v5 : .v311, clientID: "g")
                connect.userName = "pump-7"
                connect.password = [UInt8(guess)]
                peer.send(.connect(connect), version: connect.version)
                try await eventually("answered") { try !peer.packets(connect.version).isEmpty }
                if case .connack(let answer)? = try peer.packets(connect.version).first {
                    answers.append(answer.reason)
                }
                await peer.close()
            }
            #expect(answers == [ReasonCode](repeating: .badUserNameOrPassword, count: 5) + [.notAuthorized])
            #expect(broker.statistics().turnedAway == ["bad password": 5, "too many failures": 1])
        }
    }

    @Test func `new rules hold for clients that are there`() async throws {
        let ingested = Ingested()
        let log = LogLines()
        try await withAccess(ingested: ingested, log: log) { broker, port, directory in
            let pump = try await client(port, "pump-7", .v5)
            let desk = try await client(port, "desk", .v5, id: "d1")
            try await desk.subscribe("#")
            try await pump.publish(topic: "site/1", payload: ByteBuffer(string: "before"))
            try await eventually("delivered") { broker.statistics().delivered == 1 }
            try writeFile("\(directory)/acl", "user pump-7\ntopic write new/#\nuser desk\ntopic read new/#\n")
            broker.reload()
            await #expect(throws: MQTTClientError.self) {
                try await pump.publish(topic: "site/1", payload: ByteBuffer(string: "denied"))
            }
            try await pump.publish(topic: "new/1", payload: ByteBuffer(string: "after"))
            try await eventually("delivered") { broker.statistics().delivered == 2 }
            var messages = desk.messages.makeAsyncIterator()
            #expect(try await messages.next()?.topic == "site/1")
            #expect(try await messages.next()?.topic == "new/1")
            try writeFile("\(directory)/acl", "user pump-7\ntopik write site/#\n")
            broker.reload()
            #expect(log.contain("stay as they were: \(directory)/acl, line 2: `topik`"))
            try await pump.publish(topic: "new/2", payload: ByteBuffer())
            #expect(pump.ending == nil && desk.ending == nil)
            await pump.disconnect()
            await desk.disconnect()
        }
    }

    @Test func `a unix socket is a way in, and is gone after the stop`() async throws {
        let ingested = Ingested()
        try await withDirectory { directory in
            let path = "\(directory)/mqtt.sock"
            // As a broker leaves it that was killed.
            #expect(system("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"\(path)\")'") == 0)
            var configuration = BrokerConfiguration()
            configuration.listeners = [.init(.socket(path: path), variable: "SLUICE_MQTT_SOCKET")]
            try await withBroker(configuration, ingested: ingested) { broker, _ in
                let subscriber = Shell("mosquitto_sub --unix \(path) -t t -C 1")
                try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
                #expect(await Shell("mosquitto_pub --unix \(path) -q 1 -t t -m hello").output().isEmpty)
                #expect(await subscriber.output() == "hello\n")
                let fault = await #expect(throws: BrokerError.self) { try await withBroker(configuration) { _, _ in } }
                #expect(fault == .addressInUse(address: path, variable: "SLUICE_MQTT_SOCKET"))
            }
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func `beyond loopback somebody has to be asked`() async throws {
        var configuration = BrokerConfiguration()
        configuration.host = "0.0.0.0"
        let fault = await #expect(throws: BrokerError.self) { try await withBroker(configuration) { _, _ in } }
        #expect(fault?.description.contains("SLUICE_MQTT_ANONYMOUS=1") == true)
        configuration.access.allowsAnonymous = true
        try await withBroker(configuration) { _, _ in }
        configuration.access.passwordFile = "/nonexistent/passwd"
        await #expect(throws: AccessFault.self) { try await withBroker(configuration) { _, _ in } }
    }
}
