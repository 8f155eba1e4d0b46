// SPDX-License-Identifier: Apache-2.0

import Broker
import Events
import MQTT
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite struct PublishTests {
    private static let versions: [MQTTVersion] = [.v311, .v5]

    private func client(_ port: Int, _ version: MQTTVersion = .v311, id: String = "") async throws -> MQTTClient {
        var configuration = MQTTClientConfiguration(clientID: id)
        configuration.port = port
        configuration.version = version
        return try await .connect(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    @Test(arguments: versions) func `a thousand pipelined messages are ingested in order and acknowledged`(
        version: MQTTVersion
    ) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { broker, port in
            let client = try await client(port, version)
            let acknowledged = Atomic<Int>(0)
            for number in 0..<1_000 {
                try await client.send(topic: "a/b", payload: ByteBuffer(string: "\(number)")) { result in
                    if case .success = result { acknowledged.wrappingAdd(1, ordering: .relaxed) }
                }
            }
            try await eventually("all acknowledged") { acknowledged.load(ordering: .relaxed) == 1_000 }
            await client.disconnect()
            #expect(ingested.payloads == (0..<1_000).map { Array("\($0)".utf8) })
            #expect(Set(ingested.topics) == ["a/b"])
            #expect(ingested.blocks.allSatisfy { $0.records.allSatisfy { $0.attributesLength == 0 } })
            #expect(broker.statistics().received == 1_000)
            #expect(client.bytesSent > 1_000 && client.bytesReceived > 4_000)
        }
    }

    /// As in Mosquitto: what the server says of itself nobody else says (MQTT 5.0 section 4.7.2).
    @Test(arguments: [
        ("$SYS/broker/uptime", false), ("$SYS", false), ("$share/g/t", false), ("$SYS/broker/connection/b", false),
        ("$SYS/broker/connection/b/state", true), ("$SYSTEM", true), ("a/$SYS/b", true),
    ]) func `topics of the server itself are not for clients`(topic: String, isAllowed: Bool) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { _, port in
            let client = try await client(port, .v5)
            var refusal: ReasonCode?
            do {
                try await client.publish(topic: topic, payload: ByteBuffer())
            } catch MQTTClientError.rejected(let reason, _) {
                refusal = reason
            }
            #expect(refusal == (isAllowed ? nil : .notAuthorized))
            #expect(ingested.topics == (isAllowed ? [topic] : []))
            await client.disconnect()
        }
    }

    @Test func `PUBACK waits for the answer of ingest`() async throws {
        let ingested = Ingested(outcome: nil)
        try await withBroker(ingested: ingested) { _, port in
            let client = try await client(port)
            let acknowledged = Atomic<Int>(0)
            for _ in 0..<3 {
                try await client.send(topic: "t", payload: ByteBuffer()) { _ in
                    acknowledged.wrappingAdd(1, ordering: .relaxed)
                }
            }
            try await eventually("all ingested") { ingested.eventCount == 3 }
            // A subscription is answered after what came before it: if a PUBACK had been written, it would be here.
            try await client.subscribe("other")
            #expect(acknowledged.load(ordering: .relaxed) == 0)
            ingested.release()
            try await eventually("all acknowledged") { acknowledged.load(ordering: .relaxed) == 3 }
            await client.disconnect()
        }
    }

    @Test func `a refused message gets its reason in MQTT 5 and closes in MQTT 3`() async throws {
        let ingested = Ingested(outcome: .refused(reason: "disk full"))
        try await withBroker(ingested: ingested) { broker, port in
            let new = try await client(port, .v5)
            await #expect(throws: MQTTClientError.rejected(.unspecifiedError, text: "disk full")) {
                try await new.publish(topic: "t", payload: ByteBuffer())
            }
            #expect(new.ending == nil)
            let old = try await client(port)
            await #expect(throws: MQTTClientError.self) { try await old.publish(topic: "t", payload: ByteBuffer()) }
            #expect(old.ending != nil)
            #expect(broker.statistics().refused == ["store trouble": 2])
            await new.disconnect()
        }
    }

    @Test(arguments: versions) func `QoS 0 is ingested with its attribute`(version: MQTTVersion) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { _, port in
            let client = try await client(port, version)
            try await client.send(topic: "t", payload: ByteBuffer(string: "x"), qualityOfService: .atMostOnce)
            await client.disconnect()
            try await eventually("ingested") { ingested.eventCount == 1 }
            let attributes = try EventAttributes(decoding: #require(ingested.blocks.first).attributes(at: 0))
            #expect(attributes.qualityOfService == 0)
        }
    }
}
