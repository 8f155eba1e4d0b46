// SPDX-License-Identifier: Apache-2.0

import Broker
import MQTT
import NIOCore
import Testing

/// Wills that wait (MQTT 5.0 section 3.1.3.2.2).
@Suite struct WillTests {
    private func device(_ port: Int, cleanStart: Bool, will: Will? = nil) async throws -> RawPeer {
        let peer = try await RawPeer(port: port)
        var connect = Connect(version: .v5, clientID: "device")
        connect.cleanStart = cleanStart
        connect.will = will
        connect.properties.append(.sessionExpiry, 600)
        peer.send(.connect(connect), version: .v5)
        try await eventually("CONNACK") { try !peer.packets(.v5).isEmpty }
        return peer
    }

    private var waitingWill: Will {
        var will = Will(topic: "will", payload: Array("gone".utf8))
        will.properties.append(.willDelay, 300)
        return will
    }

    private func watcher(_ port: Int) async throws -> RawPeer {
        let peer = try await RawPeer(port: port)
        peer.connect(.v311, id: "watcher")
        peer.send(.subscribe(Subscribe(packetID: 1, requests: [.init(filter: "#", qualityOfService: .atMostOnce)])))
        try await eventually("SUBACK") { try peer.packets(.v311).count == 2 }
        return peer
    }

    /// Payloads of what came.
    private func messages(_ peer: RawPeer) throws -> [String] {
        try peer.packets(.v311).compactMap { packet in
            guard case .publish(let publish) = packet else { return nil }
            return String(buffer: publish.payload)
        }
    }

    // "It will be sent because the original Session is ended on the takeover" (MQTT 5.0 section 3.1.4).
    @Test func `a clean start in the place of another connection publishes the will that waits`() async throws {
        try await withBroker { _, port in
            let watcher = try await watcher(port)
            let first = try await device(port, cleanStart: true, will: waitingWill)
            let second = try await device(port, cleanStart: true)
            try await eventually("will") { try messages(watcher) == ["gone"] }
            try await eventually("farewell") { try first.packets(.v5).count == 2 }
            await second.close()
        }
    }

    // MQTT-3.1.3-9 and MQTT-3.1.2-8
    @Test(arguments: [(false, true), (false, false), (true, false)])
    func `a client that comes back takes its will with it`(cleanStart: Bool, takesOver: Bool) async throws {
        try await withBroker { broker, port in
            let watcher = try await watcher(port)
            let first = try await device(port, cleanStart: true, will: waitingWill)
            if !takesOver {
                await first.close()
                try await eventually("away") { broker.statistics().connections == 1 }
            }
            let second = try await device(port, cleanStart: cleanStart)
            second.send(
                .publish(Publish(topic: ByteBuffer(string: "t"), payload: ByteBuffer(string: "back"))),
                version: .v5
            )
            try await eventually("message") { try messages(watcher) == ["back"] }
        }
    }

    @Test func `after a restart the will is not for a client that comes back, whatever it begins with`() async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { _, port in
            _ = try await device(port, cleanStart: true, will: Will(topic: "will", payload: Array("gone".utf8)))
        }
        try await withBroker(ingested: ingested) { _, port in
            let watcher = try await watcher(port)
            let back = try await device(port, cleanStart: true)
            back.send(
                .publish(Publish(topic: ByteBuffer(string: "t"), payload: ByteBuffer(string: "back"))),
                version: .v5
            )
            try await eventually("message") { try messages(watcher) == ["back"] }
        }
    }
}
