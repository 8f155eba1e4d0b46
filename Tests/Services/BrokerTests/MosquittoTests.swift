// SPDX-License-Identifier: Apache-2.0

import Broker
import Glibc
import MQTT
import NIOCore
import NIOPosix
import Testing

/// Other people's clients against this broker (Debian package mosquitto-clients).
@Suite(.enabled(if: Shell.hasMosquitto, "mosquitto_pub and mosquitto_sub are not installed"), .serialized)
struct MosquittoTests {
    @Test(arguments: ["mqttv311", "mqttv5"], [0, 1]) func `mosquitto_pub reaches mosquitto_sub`(
        version: String,
        quality: Int
    ) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { broker, port in
            let options = "-h 127.0.0.1 -p \(port) -V \(version) -q \(quality)"
            let subscriber = Shell("mosquitto_sub \(options) -t 'site/+/x' -v -C 3")
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            let lines = Shell("sh -c \"printf 'one\\ntwo\\nthree\\n' | mosquitto_pub \(options) -t site/1/x -l\"")
            #expect(await lines.output().isEmpty)
            #expect(await subscriber.output() == "site/1/x one\nsite/1/x two\nsite/1/x three\n")
            #expect(ingested.topics == ["site/1/x", "site/1/x", "site/1/x"])
        }
    }

    @Test func `properties of mosquitto_pub come through`() async throws {
        try await withBroker { broker, port in
            let options = "-h 127.0.0.1 -p \(port) -V mqttv5 -q 1"
            let subscriber = Shell("mosquitto_sub \(options) -t '#' -C 1 -F '%t %P %p'")
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            let publisher = Shell("mosquitto_pub \(options) -t t -m hello -D publish user-property k v")
            #expect(await publisher.output().isEmpty)
            #expect(await subscriber.output() == "t k:v hello\n")
        }
    }

    @Test(arguments: ["mqttv311", "mqttv5"]) func `a large message comes through and a larger one is refused`(
        version: String
    ) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { broker, port in
            let options = "-h 127.0.0.1 -p \(port) -V \(version) -q 1 -t big"
            func publish(_ size: Int) -> Shell {
                Shell("sh -c 'head -c \(size) /dev/zero | mosquitto_pub \(options) -s'")
            }
            #expect(await publish((256 << 10) - 3).output().isEmpty)
            #expect(ingested.payloads.map(\.count) == [(256 << 10) - 3])
            // In MQTT 5 it knows the limit from CONNACK and does not even send.
            _ = await publish(300 << 10).output()
            #expect(ingested.eventCount == 1)
        }
    }

    @Test(arguments: [MQTTVersion.v311, .v5]) func `the client speaks with mosquitto`(version: MQTTVersion) async throws
    {
        let port = 20_000 + Int(getpid()) % 20_000 + Int(version.rawValue)
        // It ends with its standard input, and so with this process.
        guard
            let server = popen("sh -c 'mosquitto -p \(port) >/dev/null 2>&1 & pid=$!; cat >/dev/null; kill $pid'", "w")
        else { return }
        defer { pclose(server) }
        var configuration = MQTTClientConfiguration(clientID: "sluice-test")
        configuration.port = port
        configuration.version = version
        var client: MQTTClient?
        try await eventually("connected") {
            client = try? await .connect(configuration, group: MultiThreadedEventLoopGroup.singleton)
            return client != nil
        }
        let connected = try #require(client)
        try await connected.subscribe("a/#")
        for number in 0..<300 { try await connected.send(topic: "a/b", payload: ByteBuffer(string: "\(number)")) }
        var messages = connected.messages.makeAsyncIterator()
        for number in 0..<300 {
            #expect(try await messages.next()?.payload == ByteBuffer(string: "\(number)"))
        }
        try await eventually("acknowledged") { connected.unacknowledged == 0 }
        await connected.disconnect()
    }
}
