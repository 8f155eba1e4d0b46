// SPDX-License-Identifier: Apache-2.0

import Broker
import MQTT
import NIOCore
import Testing

/// DUP is for what may have been sent before, and for nothing else (MQTT-3.3.1-1), across restarts.
@Suite struct RedeliveryTests {
    private func device(_ port: Int) async throws -> RawPeer {
        let peer = try await RawPeer(port: port)
        var connect = Connect(version: .v311, clientID: "device")
        connect.cleanStart = false
        peer.send(.connect(connect))
        try await eventually("CONNACK") { try !peer.packets(.v311).isEmpty }
        return peer
    }

    private func publish(_ payload: String, _ port: Int) async throws {
        let peer = try await RawPeer(port: port)
        peer.connect(.v311)
        peer.send(
            .publish(
                Publish(
                    topic: ByteBuffer(string: "t"),
                    payload: ByteBuffer(string: payload),
                    packetID: 1,
                    qualityOfService: .atLeastOnce
                )
            )
        )
        try await eventually("PUBACK") { try peer.packets(.v311).count == 2 }
        await peer.close()
    }

    private func messages(_ peer: RawPeer) throws -> [Publish] {
        try peer.packets(.v311).compactMap { packet in
            guard case .publish(let publish) = packet else { return nil }
            return publish
        }
    }

    /// What a device gets that answers nothing, as payloads, with `+` behind what is marked.
    private func texts(_ peer: RawPeer) throws -> [String] {
        try messages(peer).map { String(buffer: $0.payload) + ($0.duplicate ? "+" : "") }
    }

    @Test func `what came while the client was away is marked only once it was sent`() async throws {
        let ingested = Ingested()
        try await withBroker(ingested: ingested) { broker, port in
            let device = try await device(port)
            let request = Subscribe(packetID: 1, requests: [.init(filter: "t", qualityOfService: .atLeastOnce)])
            device.send(.subscribe(request))
            try await eventually("SUBACK") { try device.packets(.v311).count == 2 }
            try await publish("present", port)
            try await eventually("message") { try texts(device) == ["present"] }
            await device.close()
            try await eventually("away") { broker.statistics().connections == 0 }
            try await publish("away", port)
        }
        try await withBroker(ingested: ingested) { broker, port in
            try await publish("later", port)
            let device = try await device(port)
            try await eventually("messages") { try texts(device) == ["present+", "away", "later"] }
            await device.close()
            try await eventually("away") { broker.statistics().connections == 0 }
            try await publish("last", port)
        }
        try await withBroker(ingested: ingested) { _, port in
            let device = try await device(port)
            try await eventually("messages") { try texts(device) == ["present+", "away+", "later+", "last"] }
            for message in try messages(device) { device.send(.puback(PublishAnswer(packetID: message.packetID))) }
            device.send(.disconnect(Disconnect()))
            try await eventually("closed") { device.isClosed }
        }
        // Nothing is left of it when the session goes.
        try await withBroker(ingested: ingested) { _, port in
            let clean = try await RawPeer(port: port)
            clean.connect(.v311, id: "device")
            try await eventually("nothing left") { ingested.memory.records.isEmpty }
        }
    }
}
