// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import NIOEmbedded

@testable import Broker

extension BrokerTrial {
    /// Does the next thing that the input says.
    func step() throws {
        let kind = input.byte()
        switch kind & 0x1F {
        case 0...3: try arrive()
        case 4...9: withClient { .publish(input.publish($0, number: nextNumber())) }
        case 10...12: withClient { .subscribe(input.subscribe($0)) }
        case 13: withClient { _ in .unsubscribe(input.unsubscribe()) }
        case 14...16: withClient { input.answer($0) }
        case 17...19: answerAll()
        case 20: withClient { input.other($0) }
        case 21: pick { clients[$0]?.vanish() }
        case 22: pick { clients[$0]?.send(ByteBuffer(bytes: input.bytes(input.number(below: 32)))) }
        case 23: pick { clients[$0]?.setWritable(input.flag()) }
        case 24...25: store.mode = input.pick([.accepts, .holds, .holds, .refuses])
        case 26...27: store.settle(input.number(below: 4))
        case 28: loop.advanceTime(by: .milliseconds(Int64(input.pick([10, 1_000, 5_000, 60_000, 1_000_000]))))
        case 29: if input.byte() & 7 == 0 { try restart() }
        default: withClient { _ in .pingreq }
        }
        // Now and then several things come at once.
        if kind & 0x60 != 0 { try turn() }
    }

    private func pick(_ body: (Int) -> Void) {
        body(input.number(below: clients.count))
    }

    private func nextNumber() -> UInt32 {
        published += 1
        return published
    }

    /// Opens a connection in the place of another, and mostly says CONNECT.
    private func arrive() throws {
        let place = input.number(below: clients.count)
        clients[place]?.vanish()
        let client = try makeClient()
        clients[place] = client
        guard input.byte() & 15 != 0 else { return }
        let connect = input.connect(names: nameless < 20 ? ["a", "b", "c", ""] : ["a", "b", "c"])
        if connect.clientID.isEmpty { nameless += 1 }
        transmit(.connect(connect), as: client, connect.version)
    }

    private func withClient(_ make: (MQTTVersion) -> Packet) {
        let place = input.number(below: clients.count)
        guard let client = clients[place], client.isOpen else { return }
        transmit(make(client.version), as: client, client.version)
    }

    /// Sends a packet as it is, in pieces, or damaged.
    private func transmit(_ packet: Packet, as client: TrialClient, _ version: MQTTVersion) {
        var bytes = ByteBuffer()
        packet.encode(into: &bytes, version: version)
        let count = bytes.readableBytes
        switch input.byte() & 0x1F {
        case 24...27:
            let cut = input.number(below: count)
            client.send(bytes.readSlice(length: cut) ?? ByteBuffer())
        case 28: for _ in 1..<count { client.send(bytes.readSlice(length: 1) ?? ByteBuffer()) }
        case 29: bytes.setInteger(input.byte(), at: input.number(below: count))
        case 30: bytes.moveWriterIndex(to: input.number(below: count))
        case 31: bytes.writeBytes(input.bytes(3))
        default: break
        }
        client.send(bytes)
    }

    /// A client does what is asked of it.
    private func answerAll() {
        let place = input.number(below: clients.count)
        guard let client = clients[place], client.isOpen else { return }
        for packetID in client.released.sorted() { send(.pubcomp(PublishAnswer(packetID: packetID)), as: client) }
        for (packetID, quality) in client.open.sorted(by: { $0.key < $1.key })
        where !client.released.contains(packetID) {
            let answer = PublishAnswer(packetID: packetID)
            send(quality == .exactlyOnce ? .pubrec(answer) : .puback(answer), as: client)
        }
        client.released.removeAll()
    }
}
