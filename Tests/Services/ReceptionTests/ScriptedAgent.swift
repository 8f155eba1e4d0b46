// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import UplinkFrames

/// An agent that says what a test makes it say, over a real loopback WebSocket written out by hand, so that it can
/// also be wrong.
final class ScriptedAgent: Sendable {
    /// What a test waited for did not come in time.
    struct TimedOut: Error {}
    /// The hub closed before it said welcome.
    struct TurnedAway: Error {}

    static let upgrade = """
        GET /uplink HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n
        """

    let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects the socket and says nothing.
    ///
    /// - Parameter tls: what to trust and to show; nil speaks plain.
    static func connect(port: Int, reads: Bool = true, tls: NIOSSLContext? = nil) async throws -> ScriptedAgent {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let client = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(client)
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return ScriptedAgent(channel: channel, inbox: inbox)
    }

    /// Connects and becomes a WebSocket.
    static func open(port: Int, tls: NIOSSLContext? = nil) async throws -> ScriptedAgent {
        let agent = try await connect(port: port, tls: tls)
        try await agent.send(Array(upgrade.utf8))
        _ = try await agent.next { $0.head }
        return agent
    }

    /// Connects, says hello and waits for welcome.
    static func welcomed(port: Int, tls: NIOSSLContext? = nil, _ hello: Hello) async throws -> ScriptedAgent {
        let agent = try await open(port: port, tls: tls)
        try await agent.send(.hello(hello))
        while let frame = try await agent.frame() {
            if case .welcome = frame { return agent }
        }
        throw TurnedAway()
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ frame: Frame) async throws {
        try await send(Self.message(frame))
    }

    /// A masked WebSocket frame (RFC 6455 section 5.2).
    static func message(_ frame: Frame, split: Int? = nil) -> [UInt8] {
        var buffer = ByteBuffer()
        frame.encode(into: &buffer)
        let bytes = Array(buffer.readableBytesView)
        guard let split, split < bytes.count else { return message(opcode: 2, fin: true, bytes) }
        return message(opcode: 2, fin: false, Array(bytes[..<split]))
            + message(opcode: 0, fin: true, Array(bytes[split...]))
    }

    static func message(opcode: UInt8, fin: Bool = true, _ payload: [UInt8], masked: Bool = true) -> [UInt8] {
        var out: [UInt8] = [(fin ? 0x80 : 0) | opcode]
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: out.append(mask | UInt8(payload.count))
        case ..<65_536: out += [mask | 126] + withUnsafeBytes(of: UInt16(payload.count).bigEndian, Array.init)
        default: out += [mask | 127] + withUnsafeBytes(of: UInt64(payload.count).bigEndian, Array.init)
        }
        guard masked else { return out + payload }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        return out + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    /// The next frame that the hub says; nil when it closes.
    func frame() async throws -> Frame? {
        try await next { try $0.frame() }
    }

    /// The next frame that is neither ping nor credit.
    func answer() async throws -> Frame? {
        while let frame = try await frame() {
            switch frame {
            case .ping, .credit: continue
            default: return frame
            }
        }
        return nil
    }

    /// Waits until the hub has closed.
    func closed() async throws {
        while try await frame() != nil {}
    }

    /// All text until the hub closes.
    func text() async throws -> String {
        try await next { $0.isClosed ? .some(String(buffer: $0.bytes)) : nil } ?? ""
    }

    func disconnect() {
        channel.close(promise: nil)
    }

    /// Waits, at most ten seconds, until `take` finds something in what came.
    private func next<Found: Sendable>(_ take: @Sendable (inout Received) throws -> Found?) async throws -> Found? {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let (found, version, isClosed) = try inbox.state.withLock { received in
                (try take(&received), received.version, received.isClosed)
            }
            if found != nil || isClosed { return found }
            guard ContinuousClock.now < deadline else { throw TimedOut() }
            await inbox.changed(since: version, until: deadline, on: channel.eventLoop)
        }
    }
}

/// What came from the hub and is not taken yet.
struct Received {
    var bytes = ByteBuffer()
    var isClosed = false
    var version = 0
    var waiter: CheckedContinuation<Void, Never>?

    /// The answer to the upgrade, once it is there.
    var head: String? {
        mutating get {
            let view = bytes.readableBytesView
            guard let end = view.indices.first(where: { view[$0...].starts(with: Array("\r\n\r\n".utf8)) }) else {
                return nil
            }
            return bytes.readString(length: end + 4 - view.startIndex)
        }
    }

    /// The next frame; WebSocket control frames are passed over.
    mutating func frame() throws -> Frame? {
        while let (opcode, payload) = message() {
            guard opcode == 2 else { continue }
            var payload = payload
            return try Frame.decode(&payload)
        }
        return nil
    }

    private mutating func message() -> (UInt8, ByteBuffer)? {
        var reader = bytes
        guard let first = reader.readInteger(as: UInt8.self), let second = reader.readInteger(as: UInt8.self) else {
            return nil
        }
        var length = Int(second)
        if length == 126 {
            guard let wide = reader.readInteger(as: UInt16.self) else { return nil }
            length = Int(wide)
        } else if length == 127 {
            guard let wide = reader.readInteger(as: UInt64.self) else { return nil }
            length = Int(wide)
        }
        guard let payload = reader.readSlice(length: length) else { return nil }
        bytes = reader
        return (first & 0xF, payload)
    }
}

/// What came from the hub, and who waits for more.
final class Inbox: Sendable {
    let state = Mutex(Received())

    func change(_ body: (inout Received) -> Void) {
        let waiter = state.withLock { received in
            body(&received)
            received.version += 1
            defer { received.waiter = nil }
            return received.waiter
        }
        waiter?.resume()
    }

    func changed(since version: Int, until deadline: ContinuousClock.Instant, on loop: any EventLoop) async {
        let timeout = loop.scheduleTask(in: TimeAmount(deadline - .now)) { self.change { _ in } }
        await withCheckedContinuation { continuation in
            let isPast = state.withLock { received in
                if received.version == version { received.waiter = continuation }
                return received.version != version
            }
            if isPast { continuation.resume() }
        }
        timeout.cancel()
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        inbox.change { $0.bytes.writeBuffer(&bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.change { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
