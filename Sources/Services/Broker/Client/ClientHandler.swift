// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// The event loop's side of a client: bytes in, bytes out, pings.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let client: MQTTClient
    private var decoder: PacketDecoder
    private var inbound = ByteBuffer()
    private var pings: Scheduled<Void>?
    private var lastRead = NIODeadline.now()
    private var lastPing: NIODeadline?
    /// False while the reader of the messages has enough.
    private var wantsMore = true
    private var readIsHeld = false
    private var context: ChannelHandlerContext?

    init(client: MQTTClient) {
        self.client = client
        decoder = PacketDecoder(
            version: client.configuration.version,
            maximumPacketBytes: client.configuration.maximumPacketBytes
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startPings(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pings?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        client.ended(.closed("the server closed it"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        client.ended(.closed("\(error)"))
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        lastRead = .now()
        client.count(received: buffer.readableBytes)
        if inbound.readableBytes > 0 {
            inbound.writeBuffer(&buffer)
            swap(&inbound, &buffer)
        }
        do throws(MQTTFault) {
            var packets: [Packet] = []
            while let packet = try decoder.next(from: &buffer) { packets.append(packet) }
            if !client.received(packets) { wantsMore = false }
        } catch {
            client.ended(.closed(error.text))
            context.close(promise: nil)
        }
        buffer.discardReadBytes()
        inbound = buffer
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        client.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        client.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        readIsHeld = !wantsMore
        if wantsMore { context.read() }
    }

    /// The reader of the messages wants more.
    func resume() {
        wantsMore = true
        guard readIsHeld, let context else { return }
        readIsHeld = false
        context.read()
    }

    private func startPings(_ context: ChannelHandlerContext) {
        let keepAlive = client.configuration.keepAlive
        guard keepAlive > 0 else { return }
        schedulePing(.milliseconds(Int64(keepAlive) * 500), context)
    }

    private func schedulePing(_ half: TimeAmount, _ context: ChannelHandlerContext) {
        pings = context.eventLoop.assumeIsolated().scheduleTask(in: half) { self.ping(half) }
    }

    private func ping(_ half: TimeAmount) {
        if !wantsMore { lastRead = .now() }
        if let lastPing, lastRead < lastPing, lastPing + half + half < .now() {
            client.ended(.closed("the server does not answer pings"))
            context?.close(promise: nil)
            return
        }
        if lastPing.map({ lastRead >= $0 }) ?? true { lastPing = .now() }
        client.ping()
        if let context { schedulePing(half, context) }
    }
}
