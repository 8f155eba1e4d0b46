// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging
import MQTT
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Broker

/// QoS 2 from one client through the broker to another, while each of the three is killed at any step (MQTT 5.0 section
/// 4.3.3): nothing is lost and nothing comes twice.
@Suite struct ExactlyOnceTests {
    /// A store that may be killed between a commit and its answer, and loses what was not committed.
    private final class Disk {
        var records: [UInt64: StateRecord] = [:]
        var events: [String] = []
        private var waiting: [(EventBlock, [StateChange], @Sendable (IngestOutcome) -> Void)] = []
        private var noted: [StateChange] = []
        /// Counts the brokers: what a dead one still says is not heard.
        private(set) var generation = 0

        func take(_ block: EventBlock, _ changes: [StateChange], _ answer: @escaping @Sendable (IngestOutcome) -> Void)
        {
            waiting.append((block, changes, answer))
        }

        func note(_ changes: [StateChange]) { noted += changes }

        /// Commits the oldest write; the answer is given unless the broker was killed before.
        func commit(answers: Bool) {
            guard !waiting.isEmpty else { return }
            let (block, changes, answer) = waiting.removeFirst()
            records.apply(noted)
            noted = []
            records.apply(changes)
            events += block.records.indices.map { String(decoding: block.payload(at: $0), as: UTF8.self) }
            if answers { answer(.accepted) }
        }

        func lose() {
            generation += 1
            waiting = []
            noted = []
        }
    }

    /// What a client remembers of QoS 2 between its connections, and the packets between it and the broker.
    private final class Peer {
        let name: String
        var channel: EmbeddedChannel?
        private var outgoing: [Packet] = []

        // The sending side: messages to go, and the state of the one under way.
        var toSend: [String]
        private var current: (id: UInt16, text: String, isReceived: Bool)?
        private var lastID: UInt16 = 0

        // The receiving side.
        private var held: Set<UInt16> = []
        private(set) var got: [String] = []

        init(_ name: String, toSend: [String] = []) {
            self.name = name
            self.toSend = toSend
        }

        var isIdle: Bool { toSend.isEmpty && current == nil }

        func connect(to core: BrokerCore, on loop: EmbeddedEventLoop) throws {
            let channel = EmbeddedChannel(
                handler: BrokerConnection(core: core, entrance: Entrance(allowsAnonymous: true)),
                loop: loop
            )
            self.channel = channel
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            var connect = Connect(version: .v5, clientID: name)
            connect.cleanStart = false
            connect.properties.append(.sessionExpiry, 3_600)
            write(.connect(connect))
        }

        /// The connection is gone, and what was in it.
        func disconnect() {
            guard let channel else { return }
            self.channel = nil
            channel.pipeline.fireChannelInactive()
            outgoing = []
        }

        private func write(_ packet: Packet) {
            guard let channel else { return }
            var bytes = ByteBuffer()
            packet.encode(into: &bytes, version: .v5)
            channel.pipeline.fireChannelRead(bytes)
            channel.pipeline.fireChannelReadComplete()
        }

        /// Takes one packet off the wire, or sends one; false when there is nothing to do.
        func step() throws -> Bool {
            guard let channel, channel.isActive else { return false }
            if outgoing.isEmpty {
                let decoder = PacketDecoder(version: .v5, maximumPacketBytes: 1 << 20)
                while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
                    while let packet = try decoder.next(from: &bytes) { outgoing.append(packet) }
                }
            }
            guard !outgoing.isEmpty else { return sendNext() }
            handle(outgoing.removeFirst())
            return true
        }

        private func sendNext() -> Bool {
            guard current == nil, isIn, let text = toSend.first else { return false }
            toSend.removeFirst()
            lastID = lastID % 3 + 1
            current = (lastID, text, false)
            write(publish(duplicate: false))
            return true
        }

        var isIn = false

        private func publish(duplicate: Bool) -> Packet {
            .publish(
                Publish(
                    topic: ByteBuffer(string: "t"),
                    payload: ByteBuffer(string: current?.text ?? ""),
                    packetID: current?.id ?? 0,
                    qualityOfService: .exactlyOnce,
                    duplicate: duplicate
                )
            )
        }

        private func handle(_ packet: Packet) {
            switch packet {
            case .connack(let connack):
                isIn = true
                if !connack.sessionPresent, !name.hasPrefix("sender") {
                    write(
                        .subscribe(
                            Subscribe(packetID: 9, requests: [.init(filter: "t", qualityOfService: .exactlyOnce)])
                        )
                    )
                }
                guard let current else { return }
                write(current.isReceived ? .pubrel(PublishAnswer(packetID: current.id)) : publish(duplicate: true))
            case .pubrec(let answer):
                #expect(!answer.reason.isFailure)
                guard current?.id == answer.packetID else { return }
                current?.isReceived = true
                write(.pubrel(PublishAnswer(packetID: answer.packetID)))
            case .pubcomp(let answer): if current?.id == answer.packetID { current = nil }
            case .publish(let publish):
                if held.insert(publish.packetID).inserted { got.append(String(buffer: publish.payload)) }
                write(.pubrec(PublishAnswer(packetID: publish.packetID)))
            case .pubrel(let answer):
                held.remove(answer.packetID)
                write(.pubcomp(PublishAnswer(packetID: answer.packetID)))
            default: break
            }
        }
    }

    private final class World {
        let disk = Disk()
        let loop = EmbeddedEventLoop()
        let sender: Peer
        let receiver = Peer("receiver")
        var core: BrokerCore
        var generator: SeededGenerator

        init(seed: UInt64, count: Int) {
            generator = SeededGenerator(seed: seed)
            sender = Peer("sender", toSend: (0..<count).map { "\($0)" })
            core = Self.core(disk, loop)
        }

        private static func core(_ disk: Disk, _ loop: EmbeddedEventLoop) -> BrokerCore {
            nonisolated(unsafe) let disk = disk
            let generation = disk.generation
            let core = BrokerCore(
                BrokerConfiguration(),
                eventLoop: loop,
                access: AccessControl(AccessConfiguration(), logger: .quiet),
                logger: .quiet,
                memory: BrokerMemory(
                    records: Array(disk.records.values),
                    note: { if disk.generation == generation { disk.note($0) } }
                ),
                now: { 0 },
                ingest: { if disk.generation == generation { disk.take($0, $1, $2) } }
            )
            core.restore()
            return core
        }

        /// kill -9: nothing is answered any more, and what was not committed is gone.
        func killBroker() {
            if Bool.random(using: &generator) { disk.commit(answers: false) }
            disk.lose()
            for peer in [sender, receiver] { drop(peer) }
            core = Self.core(disk, loop)
        }

        func act(faults: Bool) throws -> Bool {
            for peer in [receiver, sender] where peer.channel?.isActive != true {
                peer.disconnect()
                peer.isIn = false
                try peer.connect(to: core, on: loop)
            }
            loop.run()
            switch Int.random(in: 0..<(faults ? 40 : 30), using: &generator) {
            case 0..<10: _ = try sender.step()
            case 10..<20: _ = try receiver.step()
            case 20..<30: disk.commit(answers: true)
            case 30..<33: killBroker()
            case 33..<36: drop(sender)
            case 36..<39: drop(receiver)
            default: break
            }
            loop.run()
            return !sender.isIdle
        }

        private func drop(_ peer: Peer) {
            peer.disconnect()
            peer.isIn = false
        }
    }

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test func `a message comes once, whoever is killed at whatever step`() throws {
        let first = Self.number("EXACTLY_ONCE_SEED") ?? 1
        for seed in first..<first + (Self.number("EXACTLY_ONCE_RUNS") ?? 1_000) {
            let world = World(seed: seed, count: 8)
            // The subscription stands before the first message.
            var steps = 0
            world.sender.toSend = []
            while world.disk.records.count < 3, steps < 10_000 {
                _ = try world.act(faults: false)
                steps += 1
            }
            world.sender.toSend = (0..<8).map { "\($0)" }
            while try world.act(faults: steps < 4_000), steps < 40_000 { steps += 1 }
            var quiet = 0
            while quiet < 400 {
                _ = try world.act(faults: false)
                quiet += 1
            }
            let expected = (0..<8).map { "\($0)" }
            #expect(world.receiver.got == expected, "seed \(seed)")
            #expect(world.disk.events == expected, "seed \(seed)")
        }
    }
}
