// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// An HTTP proxy that makes tunnels to ports of this machine, or answers as it is told.
final class ConnectProxy: Sendable {
    /// What it does with every request.
    enum Conduct: Sendable {
        case tunnel
        /// Answers this, and makes no tunnel.
        case answer(String)
        /// Takes the request and says nothing.
        case silence
        case close
    }

    private let conduct: Conduct
    private let seen = Mutex<[String]>([])
    private let listener = Mutex<(any Channel)?>(nil)

    private init(_ conduct: Conduct) {
        self.conduct = conduct
    }

    /// The heads of all requests, line ends as they came.
    var requests: [String] { seen.withLock(\.self) }

    var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

    static func start(_ conduct: Conduct, group: any EventLoopGroup) async throws -> ConnectProxy {
        let proxy = ConnectProxy(conduct)
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { agent in
                agent.eventLoop.makeCompletedFuture {
                    try agent.pipeline.syncOperations.addHandler(RequestHandler(proxy))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.listener.withLock { $0 = channel }
        return proxy
    }

    func stop() async throws {
        try await listener.withLock { $0 }?.close().get()
    }

    private func answer(_ head: String, on channel: any Channel) {
        seen.withLock { $0.append(head) }
        switch conduct {
        case .silence: break
        case .close: channel.close(promise: nil)
        case .answer(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        case .tunnel:
            let port = head.split(separator: " ")[1].split(separator: ":").last.flatMap { Int($0) } ?? 0
            channel.setOption(.autoRead, value: false)
                .flatMap { channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")) }
                .flatMap { ChannelPair.connect(channel, toPort: port) }
                .whenFailure { _ in channel.close(promise: nil) }
        }
    }

    /// Collects the request's head; what follows belongs to the tunnel.
    private final class RequestHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let proxy: ConnectProxy
        private var head = ""
        private var isDone = false

        init(_ proxy: ConnectProxy) {
            self.proxy = proxy
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isDone else { return context.fireChannelRead(data) }
            head += String(buffer: unwrapInboundIn(data))
            guard head.hasSuffix("\r\n\r\n") else { return }
            isDone = true
            proxy.answer(head, on: context.channel)
        }
    }
}
