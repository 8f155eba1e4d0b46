// SPDX-License-Identifier: Apache-2.0

import Broker
import Events
import MQTT
import NIOCore
import NIOPosix
import Testing

/// What devices do wrong, and what they get for it.
@Suite struct LimitTests {
    private func publish(_ topic: String = "t", id: UInt16 = 1, payload: Int = 0) -> Packet {
        .publish(
            Publish(
                topic: ByteBuffer(string: topic),
                payload: ByteBuffer(repeating: 0, count: payload),
                packetID: id,
                qualityOfService: .atLeastOnce
            )
        )
    }

    private func disconnectReason(_ peer: RawPeer) throws -> ReasonCode? {
        guard case .disconnect(let disconnect)? = try peer.packets(.v5).last else { return nil }
        return disconnect.reason
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "\u{0}\u{0}\u{0}"])
    func `another protocol on the port is closed at once`(bytes: String) async throws {
        try await withBroker { broker, port in
            let peer = try await RawPeer(port: port)
            peer.send(Array(bytes.utf8))
            try await eventually("closed") { peer.isClosed }
            #expect(peer.bytes.isEmpty)
            #expect(broker.statistics().connections == 0)
        }
    }

    @Test func `a connection without CONNECT is closed`() async throws {
        var configuration = BrokerConfiguration()
        configuration.connectTimeout = .milliseconds(100)
        try await withBroker(configuration) { _, port in
            let peer = try await RawPeer(port: port)
            try await eventually("closed") { peer.isClosed }
        }
    }

    @Test func `a silent client is closed after one and a half keep-alive times`() async throws {
        try await withBroker { broker, port in
            let peer = try await RawPeer(port: port)
            let clock = ContinuousClock()
            let start = clock.now
            peer.connect(.v5, id: "silent", keepAlive: 1)
            try await eventually("closed") { peer.isClosed }
            #expect(clock.now - start >= .milliseconds(1_400))
            #expect(try disconnectReason(peer) == .keepAliveTimeout)
        }
    }

    @Test func `a client that pings stays`() async throws {
        try await withBroker { _, port in
            let peer = try await RawPeer(port: port)
            peer.connect(.v5, id: "pings", keepAlive: 2)
            let clock = ContinuousClock()
            let limit = clock.now + .milliseconds(3_500)
            var count = 0
            while clock.now < limit {
                count += 1
                peer.send(.pingreq)
                try await eventually("pong") { try peer.packets(.v5).filter { $0 == .pingresp }.count == count }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(!peer.isClosed)
            await peer.close()
        }
    }

    @Test func `the second client with a name takes the place of the first`() async throws {
        try await withBroker { broker, port in
            let first = try await RawPeer(port: port)
            first.connect(.v5, id: "same")
            try await eventually("in") { broker.statistics().connections == 1 }
            let second = try await RawPeer(port: port)
            second.connect(.v311, id: "same")
            try await eventually("taken over") { first.isClosed }
            #expect(try disconnectReason(first) == .sessionTakenOver)
            try await eventually("CONNACK") {
                try second.packets(.v311) == [.connack(Connack(reason: .success))]
            }
            #expect(broker.statistics().connections == 1)
            await second.close()
            try await eventually("gone") { broker.statistics().connections == 0 }
        }
    }

    @Test func `an oversized packet ends the connection before it is buffered`() async throws {
        var configuration = BrokerConfiguration()
        configuration.maximumEventBytes = 10_000
        let ingested = Ingested()
        try await withBroker(configuration, ingested: ingested) { broker, port in
            let peer = try await RawPeer(port: port)
            peer.connect(.v5)
            // The header alone is enough.
            peer.send([0x32, 0xFF, 0xFF, 0x7F])
            try await eventually("closed") { peer.isClosed }
            #expect(try disconnectReason(peer) == .packetTooLarge)
            let old = try await RawPeer(port: port)
            old.connect(.v311)
            old.send(publish(payload: 10_001))
            try await eventually("closed") { old.isClosed }
            #expect(broker.statistics().refused["too large"] == 2)
            #expect(ingested.eventCount == 0)
        }
    }

    @Test func `an event just over the limit is refused in order`() async throws {
        var configuration = BrokerConfiguration()
        configuration.maximumEventBytes = 1_000
        let ingested = Ingested()
        try await withBroker(configuration, ingested: ingested) { broker, port in
            let peer = try await RawPeer(port: port)
            peer.connect(.v5)
            peer.send(publish(id: 1), publish(id: 2, payload: 1_000), publish(id: 3, payload: 999), version: .v5)
            try await eventually("answers") { try peer.packets(.v5).count == 4 }
            let answers = try peer.packets(.v5).compactMap { packet -> PublishAnswer? in
                guard case .puback(let answer) = packet else { return nil }
                return answer
            }
            #expect(answers.map(\.packetID) == [1, 2, 3])
            #expect(answers.map(\.reason) == [.success, .quotaExceeded, .success])
            #expect(broker.statistics().refused == ["too large": 1])
            #expect(ingested.eventCount == 2)
            await peer.close()
        }
    }

    // MQTT-3.1.2-24
    @Test(arguments: [(2, 0), (15, 0), (16, 1), (20, 1), (22, 2)] as [(UInt32, Int)])
    func `nothing longer is sent than what the client takes`(limit: UInt32, answers: Int) async throws {
        try await withBroker { _, port in
            let peer = try await RawPeer(port: port)
            var connect = Connect(version: .v5, clientID: "c")
            connect.properties.append(.maximumPacketSize, limit)
            // SUBACK takes 21 bytes.
            let requests = (0..<16).map { Subscribe.Request(filter: "\($0)", qualityOfService: .atMostOnce) }
            peer.send(.connect(connect), .subscribe(Subscribe(packetID: 1, requests: requests)), version: .v5)
            try await eventually("answers") { try peer.packets(.v5).count == answers }
            if answers < 2 { try await eventually("closed") { peer.isClosed } }
            #expect(try peer.packets(.v5).count == answers)
            await peer.close()
        }
    }

    @Test(arguments: [0xFF, 0x23] as [UInt8]) func `a bad topic ends the connection and nothing of it is ingested`(
        topic: UInt8
    ) async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { _, port in
            let peer = try await RawPeer(port: port)
            peer.connect(.v5)
            peer.send([0x32, 6, 0, 1, topic, 0, 1, 0])
            try await eventually("closed") { peer.isClosed }
            #expect(try disconnectReason(peer) == .malformedPacket)
            #expect(ingested.eventCount == 0)
        }
    }

    @Test func `a socket is not read while too much waits for its answer`() async throws {
        var configuration = BrokerConfiguration()
        configuration.maximumUnansweredEvents = 100
        let ingested = Ingested(outcome: nil)
        try await withBroker(configuration, ingested: ingested) { _, port in
            let peer = try await RawPeer(port: port)
            peer.connect(.v311)
            let sent = 60_000
            for first in stride(from: 0, to: sent, by: 100) {
                var bytes: [UInt8] = []
                for number in first..<first + 100 {
                    let id = UInt16(number % 65_535 + 1)
                    bytes += [0x32, 105, 0, 1, 0x61, UInt8(id >> 8), UInt8(id & 0xFF)]
                    bytes += [UInt8](repeating: 0, count: 100)
                }
                peer.send(bytes)
            }
            try await eventually("first block") { ingested.eventCount > 0 }
            try await Task.sleep(for: .milliseconds(100))
            // At most what the reads that were under way brought.
            #expect(ingested.eventCount < 10_000)
            ingested.release()
            try await eventually("all", within: 20) { try peer.packets(.v311).count == sent + 1 }
            #expect(ingested.eventCount == sent)
            await peer.close()
        }
    }

    @Test func `a thousand connections publish, and one more than allowed is told so`() async throws {
        var configuration = BrokerConfiguration()
        configuration.maximumConnections = 1_000
        let ingested = Ingested()
        try await withBroker(configuration, ingested: ingested) { broker, port in
            var peers: [RawPeer] = []
            for number in 0..<1_000 {
                let peer = try await RawPeer(port: port)
                peer.connect(.v311, id: "c\(number)")
                peer.send(publish())
                peers.append(peer)
            }
            try await eventually("all in", within: 20) { broker.statistics().received == 1_000 }
            #expect(broker.statistics().connections == 1_000)
            let old = try await RawPeer(port: port)
            old.connect(.v311, id: "more")
            try await eventually("refused") { old.isClosed }
            #expect(try old.packets(.v311) == [.connack(Connack(reason: .serverUnavailable))])
            let new = try await RawPeer(port: port)
            new.connect(.v5, id: "more")
            try await eventually("refused") { new.isClosed }
            guard case .connack(let connack)? = try new.packets(.v5).first else { return }
            #expect(connack.reason == .quotaExceeded)
            for peer in peers { await peer.close() }
            try await eventually("all gone", within: 20) { broker.statistics().connections == 0 }
        }
    }

    @Test func `a will is published when its client goes without a word`() async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { _, port in
            for (goodbye, expected) in [(true, 0), (false, 1)] {
                let peer = try await RawPeer(port: port)
                var connect = Connect(version: .v311, clientID: "w")
                connect.will = Will(topic: "gone", payload: Array("w".utf8), qualityOfService: .atLeastOnce)
                peer.send(.connect(connect))
                try await eventually("in") { try !peer.packets(.v311).isEmpty }
                if goodbye { peer.send(.disconnect(Disconnect())) } else { await peer.close() }
                try await eventually("closed") { peer.isClosed }
                try await eventually("published") { ingested.eventCount == expected }
            }
            #expect(ingested.topics == ["gone"])
        }
    }

    @Test func `a port in use and a host beyond loopback are named`() async throws {
        try await withBroker { _, port in
            var configuration = BrokerConfiguration()
            configuration.port = port
            func start(_ configuration: BrokerConfiguration) async throws {
                let group = MultiThreadedEventLoopGroup.singleton
                _ = try await MQTTBroker(configuration, group: group, logger: .quiet, ingest: Ingested().take).start()
            }
            let variable = "SLUICE_MQTT_LISTEN"
            await #expect(throws: BrokerError.addressInUse(address: "127.0.0.1:\(port)", variable: variable)) {
                try await start(configuration)
            }
            configuration.host = "0.0.0.0"
            await #expect(throws: BrokerError.notLoopback(address: "0.0.0.0:\(port)", variable: variable)) {
                try await start(configuration)
            }
        }
    }

    @Test func `a hub refuses messages`() async throws {
        var configuration = BrokerConfiguration()
        configuration.allowsPublish = false
        try await withBroker(configuration) { broker, port in
            let new = try await RawPeer(port: port)
            new.connect(.v5)
            new.send(publish(), version: .v5)
            try await eventually("answer") { try new.packets(.v5).count == 2 }
            guard case .puback(let answer)? = try new.packets(.v5).last else { return }
            #expect(answer.reason == .notAuthorized)
            let old = try await RawPeer(port: port)
            old.connect(.v311)
            old.send(publish())
            try await eventually("closed") { old.isClosed }
            #expect(broker.statistics().refused == ["not authorized": 2])
            await new.close()
        }
    }
}
