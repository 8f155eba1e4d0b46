// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Stands between agent and hub, as a proxy does that ends TLS: reads every message, keeps it, and does with it what a test wants.
final class Middleman: Sendable {
    /// One binary message on its way.
    struct Passage: Sendable {
        /// From 1 up.
        var connection: Int
        var isToHub: Bool
        /// From 0 up, in this direction of this connection.
        var index: Int
        var message: [UInt8]
    }

    /// What becomes of a message: these go on in its place; nil ends the connection.
    typealias Plan = @Sendable (Passage) -> [[UInt8]]?

    private struct State {
        var plan: Plan = { [$0.message] }
        var passages: [Passage] = []
        var connections = 0
        var open: [any Channel] = []
    }

    private let state = Mutex(State())
    private let server = Mutex<(any Channel)?>(nil)

    static func start(to hub: Int, group: any EventLoopGroup, _ plan: Plan? = nil) async throws -> Middleman {
        let middleman = Middleman()
        if let plan { middleman.follow(plan) }
        let channel = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { middleman.join($0, to: hub) }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        middleman.server.withLock { $0 = channel }
        return middleman
    }

    var port: Int { server.withLock { $0?.localAddress?.port ?? 0 } }

    func follow(_ plan: @escaping Plan) { state.withLock { $0.plan = plan } }

    func stop() async throws { try await server.withLock { $0 }?.close() }

    /// Ends every connection.
    func cutAll() {
        let open = state.withLock { state in
            defer { state.open = [] }
            return state.open
        }
        for channel in open { channel.close(promise: nil) }
    }

    /// All that came by, as it came.
    var passages: [Passage] { state.withLock(\.passages) }

    /// Whether a text came by that somebody in between could read.
    func saw(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return passages.contains { passage in
            let message = passage.message
            return message.indices.contains { message[$0...].starts(with: text) }
        }
    }

    fileprivate func decide(_ passage: Passage) -> [[UInt8]]? {
        let plan = state.withLock { state in
            state.passages.append(passage)
            return state.plan
        }
        return plan(passage)
    }

    private func join(_ agent: any Channel, to port: Int) -> EventLoopFuture<Void> {
        let connection = state.withLock { state in
            state.connections += 1
            state.open.append(agent)
            return state.connections
        }
        return ClientBootstrap(group: agent.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { [self] hub in
                try agent.pipeline.syncOperations.addHandler(Ear(self, to: hub, connection, isToHub: true))
                try hub.pipeline.syncOperations.addHandler(Ear(self, to: agent, connection, isToHub: false))
                hub.read()
                agent.read()
            }
    }
}

/// One direction of one connection.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let middleman: Middleman
    private let other: any Channel
    private let connection: Int
    private let isToHub: Bool
    private var buffer = ByteBuffer()
    private var isUpgraded = false
    private var index = 0

    init(_ middleman: Middleman, to other: any Channel, _ connection: Int, isToHub: Bool) {
        self.middleman = middleman
        self.other = other
        self.connection = connection
        self.isToHub = isToHub
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        if !isUpgraded, !passHead() { return }
        while let (opcode, payload) = nextMessage() {
            guard opcode == 2 else {
                send(opcode, payload)
                continue
            }
            let passage = Middleman.Passage(
                connection: connection,
                isToHub: isToHub,
                index: index,
                message: payload
            )
            index += 1
            guard let messages = middleman.decide(passage) else { return context.close(promise: nil) }
            for message in messages { send(2, message) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        other.flush()
        context.read()
    }

    func channelActive(context: ChannelHandlerContext) { context.read() }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The upgrade to WebSocket goes on as it is.
    private func passHead() -> Bool {
        let view = buffer.readableBytesView
        let end = Array("\r\n\r\n".utf8)
        guard let index = view.indices.first(where: { view[$0...].starts(with: end) }) else { return false }
        other.write(buffer.readSlice(length: index + 4 - view.startIndex), promise: nil)
        isUpgraded = true
        return true
    }

    /// RFC 6455 section 5.2.
    private func nextMessage() -> (UInt8, [UInt8])? {
        var reader = buffer
        guard let first = reader.readInteger(as: UInt8.self), let second = reader.readInteger(as: UInt8.self) else {
            return nil
        }
        var length = Int(second & 0x7F)
        if length == 126 {
            guard let wide = reader.readInteger(as: UInt16.self) else { return nil }
            length = Int(wide)
        } else if length == 127 {
            guard let wide = reader.readInteger(as: UInt64.self) else { return nil }
            length = Int(wide)
        }
        let key = second & 0x80 == 0 ? [0, 0, 0, 0] : reader.readBytes(length: 4)
        guard let key, let payload = reader.readBytes(length: length) else { return nil }
        buffer = reader
        return (first & 0xF, payload.enumerated().map { $1 ^ key[$0 % 4] })
    }

    private func send(_ opcode: UInt8, _ payload: [UInt8]) {
        var out = ByteBuffer()
        out.writeInteger(0x80 | opcode)
        let mask: UInt8 = isToHub ? 0x80 : 0
        if payload.count < 126 {
            out.writeInteger(mask | UInt8(payload.count))
        } else if payload.count <= Int(UInt16.max) {
            out.writeInteger(mask | 126)
            out.writeInteger(UInt16(payload.count))
        } else {
            out.writeInteger(mask | 127)
            out.writeInteger(UInt64(payload.count))
        }
        if isToHub { out.writeInteger(UInt32(0)) }
        out.writeBytes(payload)
        other.write(out, promise: nil)
    }
}
