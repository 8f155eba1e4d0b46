// SPDX-License-Identifier: Apache-2.0

import Broker
import Events
import MQTT
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite struct DeliveryTests {
    private func client(_ port: Int, _ version: MQTTVersion = .v311) async throws -> MQTTClient {
        var configuration = MQTTClientConfiguration()
        configuration.port = port
        configuration.version = version
        return try await .connect(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    private func block(_ count: Int, topic: String = "t", payload: Int = 10) -> EventBlock {
        var block = EventBlock()
        for number in 0..<count {
            let text = Array("\(number)".utf8)
            block.append(
                timestamp: 0,
                topic: topic,
                payload: text + [UInt8](repeating: 0x20, count: max(0, payload - text.count))
            )
        }
        return block
    }

    @Test(arguments: [MQTTVersion.v311, .v5]) func `subscribers get what matches, once, in order`(
        version: MQTTVersion
    ) async throws {
        try await withBroker { broker, port in
            let subscriber = try await client(port, version)
            _ = try await subscriber.subscribe([
                .init(filter: "a/#", qualityOfService: .atMostOnce),
                .init(filter: "a/+", qualityOfService: .atLeastOnce),
            ])
            let publisher = try await client(port, version)
            for number in 0..<500 {
                try await publisher.send(topic: "a/b", payload: ByteBuffer(string: "\(number)"))
                try await publisher.send(topic: "other", payload: ByteBuffer())
            }
            var messages = subscriber.messages.makeAsyncIterator()
            for number in 0..<500 {
                let message = try #require(try await messages.next())
                #expect(message.topic == "a/b" && String(buffer: message.payload) == "\(number)")
                #expect(message.qualityOfService == .atLeastOnce && !message.retain)
            }
            #expect(broker.statistics().subscriptions == 2)
            _ = try await subscriber.unsubscribe(["a/#"])
            #expect(broker.statistics().subscriptions == 1)
            await publisher.disconnect()
            await subscriber.disconnect()
            #expect(broker.statistics().delivered == 500)
            try await eventually("gone") { broker.statistics().subscriptions == 0 }
        }
    }

    @Test func `what nothing is promised for does not wait for the disk, and all else does`() async throws {
        let ingested = Ingested(outcome: nil)
        try await withBroker(ingested: ingested, keeps: false) { _, port in
            let subscriber = try await client(port)
            try await subscriber.subscribe("t", qualityOfService: .atLeastOnce)
            let publisher = try await client(port)
            try await publisher.send(topic: "t", payload: ByteBuffer(string: "durable"))
            try await publisher.send(topic: "t", payload: ByteBuffer(string: "fast"), qualityOfService: .atMostOnce)
            var messages = subscriber.messages.makeAsyncIterator()
            #expect(try await messages.next().map { String(buffer: $0.payload) } == "fast")
            ingested.release()
            #expect(try await messages.next().map { String(buffer: $0.payload) } == "durable")
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test func `the members of each shared subscription take turns`() async throws {
        try await withBroker { broker, port in
            var members: [RawPeer] = []
            for filter in ["$share/one/t", "$share/one/t", "$share/two/t", "$share/two/t"] {
                let member = try await RawPeer(port: port)
                member.connect(.v5)
                let request = Subscribe(packetID: 1, requests: [.init(filter: filter, qualityOfService: .atMostOnce)])
                member.send(.subscribe(request), version: .v5)
                members.append(member)
                try await eventually("subscribed") { broker.statistics().subscriptions == members.count }
            }
            let publisher = try await client(port)
            for _ in 0..<4 { try await publisher.publish(topic: "t", payload: ByteBuffer()) }
            // CONNACK, SUBACK, and two of four messages for each.
            try await eventually("turns") { try members.map { try $0.packets(.v5).count } == [4, 4, 4, 4] }
            await publisher.disconnect()
        }
    }

    @Test func `properties reach subscribers of MQTT 5`() async throws {
        try await withBroker { _, port in
            let subscriber = try await client(port, .v5)
            try await subscriber.subscribe("t")
            let publisher = try await client(port, .v5)
            var properties = Properties()
            properties.append(.contentType, "text/plain")
            properties.items.append(Property(.userProperty, .pair("k", "v")))
            try await publisher.publish(topic: "t", payload: ByteBuffer(string: "x"), properties: properties)
            var messages = subscriber.messages.makeAsyncIterator()
            #expect(try await messages.next()?.properties == properties)
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test func `a hub's deliveries wait for a slow reader and lose nothing`() async throws {
        try await withBroker { broker, port in
            let subscriber = try await client(port)
            try await subscriber.subscribe("#")
            let count = 20_000
            async let reading = {
                var received = 0
                var mistakes = 0
                for try await message in subscriber.messages {
                    let number = String(buffer: message.payload).prefix { $0 != " " }
                    if number != "\(received % 2_000)" { mistakes += 1 }
                    received += 1
                    if received == count { break }
                }
                #expect(mistakes == 0)
                return received
            }()
            for _ in 0..<10 { await broker.deliver(block(2_000, payload: 200)) }
            #expect(try await reading == count)
            #expect(broker.statistics().delivered == UInt64(count))
            #expect(broker.statistics().dropped == 0)
            await subscriber.disconnect()
        }
    }

    @Test func `a subscriber that takes nothing is disconnected, and deliveries go on`() async throws {
        var configuration = BrokerConfiguration()
        configuration.slowSubscriberTimeout = .milliseconds(200)
        try await withBroker(configuration) { broker, port in
            let stuck = try await RawPeer(port: port)
            stuck.connect(.v5, id: "stuck")
            let request = Subscribe(packetID: 1, requests: [.init(filter: "#", qualityOfService: .atLeastOnce)])
            stuck.send(.subscribe(request), version: .v5)
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            // It never acknowledges: the window and then the queue fill up.
            await broker.deliver(block(5_000))
            #expect(broker.statistics().subscriptions == 0)
            #expect(broker.statistics().dropped >= 3_000)
            try await eventually("closed") { stuck.isClosed }
            guard case .disconnect(let disconnect)? = try stuck.packets(.v5).last else {
                Issue.record("no DISCONNECT")
                return
            }
            #expect(disconnect.reason == .quotaExceeded)
        }
    }

    @Test func `local messages to a full queue are dropped and counted`() async throws {
        try await withBroker { broker, port in
            let stuck = try await RawPeer(port: port)
            stuck.connect(.v311, id: "stuck")
            let request = Subscribe(packetID: 1, requests: [.init(filter: "#", qualityOfService: .atLeastOnce)])
            stuck.send(.subscribe(request))
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            let publisher = try await client(port)
            for _ in 0..<3_000 { try await publisher.send(topic: "t", payload: ByteBuffer()) }
            // 1,000 in flight, 1,000 queued.
            try await eventually("dropped") { broker.statistics().dropped == 1_000 }
            #expect(broker.statistics().delivered == 1_000)
            await publisher.disconnect()
            await stuck.close()
        }
    }

    @Test func `a graceful stop answers what was read and says why it closes`() async throws {
        let ingested = Ingested(outcome: nil)
        let peer = Mutex<RawPeer?>(nil)
        let broker = Mutex<MQTTBroker?>(nil)
        async let release: Void = {
            try await eventually("ingested") { ingested.eventCount == 1 }
            try await eventually("stopping") {
                guard let peer = peer.withLock({ $0 }), broker.withLock({ $0 }) != nil else { return false }
                return try peer.packets(.v5).count == 1
            }
            try await Task.sleep(for: .milliseconds(50))
            ingested.release()
        }()
        try await withBroker(ingested: ingested) { served, port in
            let made = try await RawPeer(port: port)
            made.connect(.v5, id: "p")
            made.send(
                .publish(
                    Publish(
                        topic: ByteBuffer(string: "t"),
                        payload: ByteBuffer(),
                        packetID: 5,
                        qualityOfService: .atLeastOnce
                    )
                ),
                version: .v5
            )
            try await eventually("ingested") { ingested.eventCount == 1 }
            try await eventually("connack") { try made.packets(.v5).count == 1 }
            peer.withLock { $0 = made }
            broker.withLock { $0 = served }
        }
        try await release
        let stopped = try #require(peer.withLock { $0 })
        try await eventually("closed") { stopped.isClosed }
        let packets = try stopped.packets(.v5)
        #expect(packets.dropFirst().first == .puback(PublishAnswer(packetID: 5)))
        guard case .disconnect(let disconnect)? = packets.last else {
            Issue.record("no DISCONNECT: \(packets)")
            return
        }
        #expect(disconnect.reason == .serverShuttingDown)
    }
}
