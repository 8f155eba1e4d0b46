// SPDX-License-Identifier: Apache-2.0

import Broker
import MQTT
import NIOCore
import Testing

/// What a new subscription gets at once, while messages are on their way to the disk.
@Suite struct RetainedTests {
    private func peer(_ port: Int, id: String, sessionExpiry: UInt32 = 0) async throws -> RawPeer {
        let peer = try await RawPeer(port: port)
        var connect = Connect(version: .v5, clientID: id)
        connect.properties.append(.sessionExpiry, sessionExpiry)
        peer.send(.connect(connect), version: .v5)
        return peer
    }

    private func message(
        _ payload: String,
        retain: Bool = true,
        _ quality: QualityOfService = .atMostOnce
    ) -> Packet {
        .publish(
            Publish(
                topic: ByteBuffer(string: "t"),
                payload: ByteBuffer(string: payload),
                packetID: quality == .atMostOnce ? 0 : 1,
                qualityOfService: quality,
                retain: retain
            )
        )
    }

    private let subscription = Packet.subscribe(
        Subscribe(packetID: 1, requests: [.init(filter: "t", qualityOfService: .atLeastOnce)])
    )

    /// Payloads of what came, `*` after those that were retained.
    private func messages(_ peer: RawPeer) throws -> [String] {
        try peer.packets(.v5).compactMap { packet in
            guard case .publish(let publish) = packet else { return nil }
            return String(buffer: publish.payload) + (publish.retain ? "*" : "")
        }
    }

    /// A message is for who subscribed before it, or it is there as a retained one for who did after: never neither.
    @Test(arguments: [QualityOfService.atMostOnce, .atLeastOnce]) func `who subscribes during the commit gets it`(
        quality: QualityOfService
    ) async throws {
        let ingested = Ingested(outcome: nil)
        try await withBroker(ingested: ingested) { broker, port in
            let publisher = try await peer(port, id: "p")
            publisher.send(message("old", quality), version: .v5)
            try await eventually("ingested") { ingested.eventCount == 1 }
            let subscriber = try await peer(port, id: "s")
            subscriber.send(subscription, version: .v5)
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            // Nothing of what follows it overtakes it.
            publisher.send(message("new", retain: false), version: .v5)
            try await eventually("ingested") { ingested.eventCount == 2 }
            #expect(try messages(subscriber).isEmpty)
            ingested.release()
            try await eventually("both") { try messages(subscriber) == ["old*", "new"] }
        }
    }

    @Test func `who subscribes during the commit that removes it gets nothing`() async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { broker, port in
            let publisher = try await peer(port, id: "p")
            publisher.send(message("old"), version: .v5)
            try await eventually("retained") { broker.statistics().retained == 1 }
            ingested.hold()
            publisher.send(message(""), version: .v5)
            try await eventually("ingested") { ingested.eventCount == 2 }
            let subscriber = try await peer(port, id: "s")
            subscriber.send(subscription, version: .v5)
            try await eventually("subscribed") { broker.statistics().subscriptions == 1 }
            ingested.release()
            publisher.send(message("new", retain: false), version: .v5)
            try await eventually("message") { try messages(subscriber) == ["new"] }
        }
    }

    @Test func `a message is not for a subscription that comes behind it`() async throws {
        try await withBroker { _, port in
            let both = try await peer(port, id: "b")
            both.send(message("before", retain: false), subscription, message("after", retain: false), version: .v5)
            try await eventually("message") { try messages(both) == ["after"] }
        }
    }

    @Test func `a message is still for a subscription that is given up behind it`() async throws {
        try await withBroker { _, port in
            let both = try await peer(port, id: "b")
            both.send(
                subscription,
                message("before", retain: false),
                .unsubscribe(Unsubscribe(packetID: 2, filters: ["t"])),
                message("after", retain: false),
                .pingreq,
                version: .v5
            )
            try await eventually("message") { try messages(both) == ["before"] }
        }
    }
}
