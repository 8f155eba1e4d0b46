// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// The state of a ``LinkProxy``; lives on its event loop.
final class Link {
    let loop: any EventLoop
    private(set) var mode: LinkMode = .pass
    private(set) var shape = LinkShape()
    private(set) var counts = LinkProxy.Counts()
    private let port: Int
    private let target: Int
    private var listener: (any Channel)?
    private var relays: [ObjectIdentifier: Relay] = [:]
    /// When the last byte of each direction has left, at the rate of the link.
    private var free = (up: NIODeadline.uptimeNanoseconds(0), down: NIODeadline.uptimeNanoseconds(0))

    init(port: Int, target: Int, loop: any EventLoop) {
        self.port = port
        self.target = target
        self.loop = loop
    }

    var isSilent: Bool { mode == .silent }

    func listen() -> EventLoopFuture<Void> {
        let link = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try link.value.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: port)
            .map { link.value.listener = $0 }
    }

    func set(_ mode: LinkMode) -> EventLoopFuture<Void> {
        let old = self.mode
        self.mode = mode
        if mode == .refuse {
            resetAll()
            let closed = listener?.close() ?? loop.makeSucceededVoidFuture()
            listener = nil
            return closed
        }
        for relay in relays.values { relay.conditionsChanged() }
        return old == .refuse ? listen() : loop.makeSucceededVoidFuture()
    }

    func shape(_ shape: LinkShape) {
        self.shape = shape
        for relay in relays.values { relay.conditionsChanged() }
    }

    func resetAll() {
        for relay in relays.values { relay.reset() }
    }

    func close() -> EventLoopFuture<Void> {
        mode = .refuse
        resetAll()
        return listener?.close() ?? loop.makeSucceededVoidFuture()
    }

    /// Opens the second half of an accepted connection.
    func connect(_ relay: Relay) {
        let link = NIOLoopBound(self, eventLoop: loop)
        let bound = NIOLoopBound(relay, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = RelayHandler(relay: bound.value, direction: .down)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: "127.0.0.1", port: target)
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.connected(channel)
                case .failure: bound.value.reset()
                }
                _ = link
            }
    }

    func ended(_ relay: Relay) {
        if relays.removeValue(forKey: ObjectIdentifier(relay)) != nil { counts.open -= 1 }
    }

    /// Counts bytes that were read and applies the faults that wait for their byte.
    ///
    /// - Returns: how many of them still go on before everything is reset; nil: all.
    func passing(_ buffer: inout ByteBuffer, _ direction: LinkDirection) -> Int? {
        switch direction {
        case .up: counts.up += UInt64(buffer.readableBytes)
        case .down: counts.down += UInt64(buffer.readableBytes)
        }
        switch mode {
        case .cut(let after) where after <= buffer.readableBytes:
            mode = .pass
            return after
        case .cut(let after):
            mode = .cut(after: after - buffer.readableBytes)
        case .flip(let after) where direction == .up && after < buffer.readableBytes:
            let position = buffer.readerIndex + after
            let byte = buffer.getInteger(at: position, as: UInt8.self) ?? 0
            buffer.setInteger(byte ^ 0x10, at: position)
            mode = .pass
        case .flip(let after) where direction == .up:
            mode = .flip(after: after - buffer.readableBytes)
        default: break
        }
        return nil
    }

    /// When a piece of this size arrives at the other end if it starts now.
    func arrival(of bytes: Int, _ direction: LinkDirection) -> NIODeadline {
        let now = NIODeadline.now()
        let delay = TimeAmount(direction == .up ? shape.delayUp : shape.delayDown)
        guard let rate = shape.bytesPerSecond else { return now + delay }
        let sending = TimeAmount.nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(rate))
        switch direction {
        case .up:
            free.up = max(now, free.up) + sending
            return free.up + delay
        case .down:
            free.down = max(now, free.down) + sending
            return free.down + delay
        }
    }

    private func accept(_ channel: any Channel) throws {
        let relay = Relay(link: self, client: channel)
        try channel.pipeline.syncOperations.addHandler(RelayHandler(relay: relay, direction: .up))
        relays[ObjectIdentifier(relay)] = relay
        counts.connections += 1
        counts.open += 1
        relay.conditionsChanged()
    }
}
