// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Demo

@Suite(.timeLimit(.minutes(1)), .serialized) struct LinkProxyTests {
    /// An echo server behind a proxy.
    private func withLink(_ body: (LinkProxy, (any EventLoopGroup)) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in channel.pipeline.addHandler(Echo()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = try await LinkProxy(to: server.localAddress?.port ?? 0, on: group)
        do {
            try await body(proxy, group)
        } catch {
            await proxy.close()
            try await server.close()
            throw error
        }
        await proxy.close()
        try await server.close()
    }

    private final class Echo: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }

    private func connect(_ proxy: LinkProxy) throws -> RawSocket {
        try RawSocket(port: proxy.port)
    }

    @Test func `a link passes bytes both ways and counts them`() async throws {
        try await withLink { proxy, _ in
            let socket = try connect(proxy)
            try socket.send("hello")
            #expect(try socket.receive(5, within: .seconds(5)) == Array("hello".utf8))
            let counts = try await proxy.counts()
            #expect(counts.up == 5 && counts.down == 5 && counts.open == 1, "\(counts)")
        }
    }

    @Test func `a silent link keeps connections and answers when it passes again`() async throws {
        try await withLink { proxy, _ in
            let socket = try connect(proxy)
            try socket.send("a")
            _ = try socket.receive(1, within: .seconds(5))
            try await proxy.set(.silent)
            try socket.send("b")
            #expect(throws: RawSocket.Failure.timedOut) { try socket.receive(1, within: .milliseconds(150)) }
            // One read may have been under way; the sender's bytes now stay where they are.
            try socket.send("b")
            #expect(throws: RawSocket.Failure.timedOut) { try socket.receive(1, within: .milliseconds(150)) }
            #expect(try await proxy.counts().up <= 2)
            let second = try connect(proxy)
            try second.send("c")
            #expect(throws: RawSocket.Failure.timedOut) { try second.receive(1, within: .milliseconds(150)) }
            try await proxy.set(.pass)
            #expect(try socket.receive(2, within: .seconds(5)) == Array("bb".utf8))
            #expect(try second.receive(1, within: .seconds(5)) == Array("c".utf8))
        }
    }

    @Test func `a link that refuses resets what is open and listens again later`() async throws {
        try await withLink { proxy, _ in
            let socket = try connect(proxy)
            try socket.send("a")
            _ = try socket.receive(1, within: .seconds(5))
            try await proxy.set(.refuse)
            #expect(throws: RawSocket.Failure.reset) { try socket.receive(1, within: .seconds(5)) }
            #expect(!LocalPort.accepts(proxy.port))
            try await proxy.set(.pass)
            let again = try connect(proxy)
            try again.send("b")
            #expect(try again.receive(1, within: .seconds(5)) == Array("b".utf8))
        }
    }

    @Test func `a cut link lets through exactly the bytes it was told`() async throws {
        try await withLink { proxy, _ in
            let socket = try connect(proxy)
            try socket.send("warm")
            _ = try socket.receive(4, within: .seconds(5))
            try await proxy.set(.cut(after: 10))
            try socket.send("123456")
            #expect(try socket.receive(4, within: .seconds(5)) == Array("1234".utf8))
            #expect(throws: RawSocket.Failure.reset) { try socket.receive(1, within: .seconds(5)) }
            let again = try connect(proxy)
            try again.send("b")
            #expect(try again.receive(1, within: .seconds(5)) == Array("b".utf8))
        }
    }

    @Test func `a flipped bit is in the byte it was asked for`() async throws {
        try await withLink { proxy, _ in
            let socket = try connect(proxy)
            try await proxy.set(.flip(after: 2))
            try socket.send("aaaa")
            #expect(try socket.receive(4, within: .seconds(5)) == Array("aaqa".utf8))
        }
    }

    @Test func `a shaped link takes the time that rate and delay say`() async throws {
        try await withLink { proxy, _ in
            try await proxy.shape(LinkShape(bytesPerSecond: 20_000, delayDown: .milliseconds(100)))
            let socket = try connect(proxy)
            let start = ContinuousClock.now
            try socket.send(String(repeating: "x", count: 8000))
            _ = try socket.receive(8000, within: .seconds(10))
            let elapsed = ContinuousClock.now - start
            #expect(elapsed > .milliseconds(480), "\(elapsed)")
        }
    }
}
