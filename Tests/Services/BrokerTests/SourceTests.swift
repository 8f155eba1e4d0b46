// SPDX-License-Identifier: Apache-2.0

import Broker
import Events
import Logging
import MQTT
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

/// The agent as a client of a broker that is already there; here a broker of ours plays that part.
@Suite struct SourceTests {
    private func source(_ port: Int, _ taken: Ingested) throws -> MQTTSource {
        var configuration = SourceConfiguration(
            host: "127.0.0.1",
            port: port,
            filters: ["a/#", "b"].compactMap { TopicFilter($0) }
        )
        configuration.clientID = "sluice-test"
        return try MQTTSource(
            configuration,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: .quiet,
            now: { 7 },
            ingest: taken.take
        )
    }

    private func run(_ source: MQTTSource, while body: () async throws -> Void) async throws {
        let services = ServiceGroup(services: [source], logger: .quiet)
        try await withThrowingTaskGroup { group in
            group.addTask { try await services.run() }
            try await body()
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    private func publish(_ topic: String, _ texts: [String], port: Int) async throws {
        var configuration = MQTTClientConfiguration()
        configuration.port = port
        let client = try await MQTTClient.connect(configuration, group: MultiThreadedEventLoopGroup.singleton)
        for text in texts { try await client.publish(topic: topic, payload: ByteBuffer(string: text)) }
        await client.disconnect()
    }

    @Test func `messages become events, those that came while it was away included`() async throws {
        let taken = Ingested()
        try await withBroker { broker, port in
            let source = try self.source(port, taken)
            #expect(source.statistics() == SourceStatistics(address: "127.0.0.1:\(port)"))
            try await run(source) {
                try await eventually("subscribed") { broker.statistics().subscriptions == 2 }
                try await publish("a/1", ["1", "2"], port: port)
                try await publish("c", ["not asked for"], port: port)
                try await eventually("taken") { taken.eventCount == 2 }
                try await eventually("counted") { source.statistics().stored == 2 }
                #expect(source.statistics().isReading && source.statistics().trouble == nil)
                #expect(source.statistics().sinceLast.map { $0 < .seconds(60) } == true)
            }
            // The broker reads its goodbye after it has ended.
            try await eventually("gone") { broker.statistics().connections == 0 }
            #expect(broker.statistics().sessions == 1)
            try await publish("b", ["3"], port: port)
            try await run(try self.source(port, taken)) {
                try await eventually("taken") { taken.eventCount == 3 }
            }
        }
        #expect(taken.topics == ["a/1", "a/1", "b"])
        #expect(taken.payloads == ["1", "2", "3"].map { Array($0.utf8) })
    }

    @Test func `what is not durable is not acknowledged, and comes again`() async throws {
        let taken = Ingested(outcome: nil)
        try await withBroker { broker, port in
            try await run(try source(port, taken)) {
                try await eventually("subscribed") { broker.statistics().subscriptions == 2 }
                try await publish("b", ["x"], port: port)
                try await eventually("offered") { taken.eventCount == 1 }
                taken.release(.refused(reason: "the disk is full"))
                try await eventually("offered again") { taken.eventCount > 1 }
                taken.release(.accepted)
                try await publish("b", ["mark"], port: port)
                try await eventually("taken") { taken.payloads.last == Array("mark".utf8) }
            }
            let count = taken.eventCount
            try await run(try source(port, taken)) {
                try await eventually("back") { broker.statistics().connections == 1 }
                try await publish("b", ["last"], port: port)
                try await eventually("taken") { taken.eventCount > count }
            }
            #expect(taken.payloads.last == Array("last".utf8))
            #expect(taken.eventCount == count + 1, "nothing is left of the one before")
        }
    }

    @Test func `a broker that knows MQTT 3 only is read with MQTT 3`() async throws {
        let taken = Ingested()
        let group = MultiThreadedEventLoopGroup.singleton
        let old = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(OldBroker())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        try await run(try source(old.localAddress?.port ?? 0, taken)) {
            try await eventually("taken") { taken.topics == ["b"] }
        }
        try await old.close()
    }

    /// Refuses MQTT 5, and sends one message to who subscribes with MQTT 3.1.1.
    private final class OldBroker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var bytes = ByteBuffer()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var read = unwrapInboundIn(data)
            bytes.writeBuffer(&read)
            let decoder = PacketDecoder(version: .v311, maximumPacketBytes: 1 << 16)
            while let packet = try? decoder.next(from: &bytes) { answer(packet, context) }
        }

        private func answer(_ packet: Packet, _ context: ChannelHandlerContext) {
            var out = ByteBuffer()
            switch packet {
            case .connect(let connect):
                let reason: ReasonCode = connect.version == .v5 ? .unsupportedProtocolVersion : .success
                Packet.connack(Connack(reason: reason)).encode(into: &out, version: .v311)
            case .subscribe(let request):
                let reasons = request.requests.map { _ in ReasonCode.grantedQoS1 }
                Packet.suback(Suback(packetID: request.packetID, reasons: reasons)).encode(into: &out, version: .v311)
                Packet.publish(
                    Publish(
                        topic: ByteBuffer(string: "b"),
                        payload: ByteBuffer(),
                        packetID: 1,
                        qualityOfService: .atLeastOnce
                    )
                )
                .encode(into: &out, version: .v311)
            default: return
            }
            context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        }
    }
}
