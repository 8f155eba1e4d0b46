// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import UplinkFrames

/// A hub in the test's process that lands in memory, and misbehaves where told.
final class FakeHub: Sendable {
    /// What goes wrong, once, after some batches of one connection.
    enum Fault: Sendable, Equatable {
        case reset(afterBatches: Int)
        /// Takes no notice any more, and keeps the connection open.
        case silence(afterBatches: Int)
        /// Half a WebSocket frame, then the end.
        case cutFrame(afterBatches: Int)
        /// Rejects every batch that holds this sequence.
        case reject(sequence: UInt64)
        /// Says in version 3 what only a later one has.
        case laterFrame
    }

    struct State: Sendable {
        var landed: [Lane: SequenceSet] = [:]
        /// Topic and payload by sequence, in the order of arrival.
        var events: [Lane: [(sequence: UInt64, text: String)]] = [:]
        var gaps: [Gap] = []
        var repeated = 0
        var connections = 0
        var batches = 0
        var largestMessage = 0
        var byes: [Bye] = []
        var fault: Fault?
        /// The latest version of hello that it understands.
        var version = Hello.currentVersion
        /// Bytes of the longest primer that it takes; 0: it takes none.
        var maximumPrimerBytes: UInt64 = 0
        var primers: [UInt64: Primer] = [:]
        /// How often one was published.
        var publications = 0
        var clocks: [ClockNotice] = []
        /// Of the hellos that were answered with welcome.
        var versions: [UInt32] = []
        /// Batches that named one.
        var primed = 0
    }

    let state = Mutex(State())
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: Mutex<(any Channel)?> = Mutex(nil)

    init(_ fault: Fault? = nil) {
        state.withLock { $0.fault = fault }
    }

    /// Listens; returns the port.
    func start(port: Int = 0) async throws -> Int {
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in accept(channel) }
            .bind(host: "127.0.0.1", port: port).get()
        channel.withLock { $0 = server }
        return server.localAddress?.port ?? 0
    }

    func stop() async throws {
        try await channel.withLock { $0 }?.close().get()
        try await group.shutdownGracefully()
    }

    var snapshot: State { state.withLock { $0 } }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
                maxFrameSize: 1 << 20,
                shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(FakeHubHandler(self))
                    }
                }
            )
            _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: .init(
                    upgradeConfiguration: .init(upgraders: [upgrader]) { $0.close() }
                )
            )
        }
    }
}

/// One agent's connection with a ``FakeHub``.
final class FakeHubHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let hub: FakeHub
    private var lanes: [Lane] = []
    private var assembler = PartAssembler()
    private var batches = 0
    private var version: UInt32 = 0
    private var isSilent = false
    private var decoder = BatchDecoder()
    private var received: UInt64 = 0

    init(_ hub: FakeHub) {
        self.hub = hub
        hub.state.withLock { $0.connections += 1 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        guard message.opcode == .binary, !isSilent else { return }
        var bytes = message.unmaskedData
        let size = bytes.readableBytes
        hub.state.withLock { $0.largestMessage = max($0.largestMessage, size) }
        guard var frame = try? Frame.decode(&bytes) else { return context.close(promise: nil) }
        switch frame {
        case .batch, .gap, .part, .primer, .clock: received += UInt64(size)
        default: break
        }
        if case .part(let part) = frame {
            send(.credit(total: received + (1 << 20)), context)
            guard let whole = try? assembler.add(part) else { return }
            frame = whole
        }
        take(frame, context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    private func take(_ frame: Frame, _ context: ChannelHandlerContext) {
        switch frame {
        case .hello(let hello):
            guard hello.version <= hub.snapshot.version else {
                // As a hub of version 1 does, which cannot read it.
                send(.bye(Bye(reason: .protocolFault, text: "unsupported: frame version \(hello.version)")), context)
                return context.close(promise: nil)
            }
            version = hello.version
            hub.state.withLock { $0.versions.append(hello.version) }
            lanes = hello.lanes.map(\.lane)
            let landed = hub.state.withLock { state in
                lanes.map { LandedRanges(state.landed[$0] ?? SequenceSet()) }
            }
            send(
                .welcome(
                    Welcome(
                        version: hello.version,
                        hubID: 9,
                        hubEpoch: 1,
                        maximumEventBytes: 1 << 18,
                        credit: 1 << 20,
                        landed: landed,
                        maximumPrimerBytes: hub.snapshot.maximumPrimerBytes,
                        primers: hello.primers.filter { hub.snapshot.primers[$0] != nil }
                    )
                ),
                context
            )
        case .lane(let opening):
            if Int(opening.handle) == lanes.count { lanes.append(opening.lane) }
        case .batch(let handle, let bytes): land(handle, bytes, context)
        case .gap(let handle, let notice):
            let lane = lanes[Int(handle)]
            let gap = Gap(
                lane: lane,
                first: notice.first,
                last: notice.last,
                reason: notice.reason,
                endKnown: notice.endKnown
            )
            hub.state.withLock { state in
                state.gaps.append(gap)
                state.landed[lane, default: SequenceSet()].insert(notice.first...notice.last)
            }
            acknowledge(handle, context)
        case .primer(let identifier, let bytes): publish(identifier, bytes, context)
        case .clock(let notice):
            hub.state.withLock { $0.clocks.append(notice) }
            send(.clockLanded(epoch: notice.epoch.id, ordinal: notice.record.ordinal), context)
        case .ping(let number): send(.pong(number), context)
        case .bye(let bye): hub.state.withLock { $0.byes.append(bye) }
        default: break
        }
    }

    private func publish(_ identifier: UInt64, _ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard hub.snapshot.maximumPrimerBytes > 0, let primer = try? Primer(bytes: bytes) else {
            return context.close(promise: nil)
        }
        hub.state.withLock { state in
            state.publications += 1
            state.primers[identifier] = primer
        }
        send(.primerLanded(identifier), context)
    }

    private func land(_ handle: UInt32, _ bytes: [UInt8], _ context: ChannelHandlerContext) {
        batches += 1
        if misbehave(context) { return }
        let lane = lanes[Int(handle)]
        var block = EventBlock()
        var primer: Primer?
        if let name = try? decoder.header(bytes.span.bytes).primer {
            primer = hub.snapshot.primers[name.rawValue]
            guard primer != nil else { return send(.primerWanted(name.rawValue), context) }
            hub.state.withLock { $0.primed += 1 }
        }
        guard (try? decoder.decode(bytes.span.bytes, primer: primer, maximumBytes: 1 << 20, into: &block)) != nil,
            let first = block.records.first?.sequence, let last = block.records.last?.sequence
        else { return context.close(promise: nil) }
        if case .reject(let sequence) = hub.snapshot.fault, (first...last).contains(sequence) {
            let rejection = Rejection(first: first, last: last, reason: .undecodable, text: "scripted")
            return send(.reject(handle: handle, rejection), context)
        }
        hub.state.withLock { state in
            state.batches += 1
            for index in block.records.indices {
                let sequence = block.records[index].sequence
                guard !(state.landed[lane]?.contains(sequence) ?? false) else {
                    state.repeated += 1
                    continue
                }
                let text = block.topic(at: index) + " " + String(decoding: block.payload(at: index), as: UTF8.self)
                state.events[lane, default: []].append((sequence, text))
                state.landed[lane, default: SequenceSet()].insert(sequence...sequence)
            }
        }
        acknowledge(handle, context)
    }

    private func acknowledge(_ handle: UInt32, _ context: ChannelHandlerContext) {
        let landed = hub.state.withLock { LandedRanges($0.landed[lanes[Int(handle)]] ?? SequenceSet()) }
        send(.ack(handle: handle, landed: landed), context)
        send(.credit(total: received + (1 << 20)), context)
    }

    /// Does the scripted fault once; the batch is lost then.
    private func misbehave(_ context: ChannelHandlerContext) -> Bool {
        let fault = hub.state.withLock { state -> FakeHub.Fault? in
            switch state.fault {
            case .laterFrame where version >= 3:
                defer { state.fault = nil }
                return state.fault
            case .reset(let count) where batches > count, .silence(let count) where batches > count,
                .cutFrame(let count) where batches > count:
                defer { state.fault = nil }
                return state.fault
            default: return nil
            }
        }
        isSilent = fault != nil
        switch fault {
        case .reset:
            // Closing with zero linger sends RST (socket(7), SO_LINGER).
            let channel = context.channel
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                channel.close(promise: nil)
            }
        case .silence: break
        case .cutFrame:
            // A binary frame of 100 bytes of which 3 come.
            let half = ByteBuffer(bytes: [0x82, 100, 8, 0, 1])
            guard let encoder = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
            else { return false }
            encoder.writeAndFlush(NIOAny(half)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        case .laterFrame:
            var buffer = ByteBuffer(bytes: [99, 1, 2, 3])
            buffer.writeInteger(UInt32(truncatingIfNeeded: XXHash64.hash(buffer.readableBytesSpan)))
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .binary, data: buffer)),
                promise: nil
            )
        case .reject, nil: return false
        }
        return true
    }

    private func send(_ frame: Frame, _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 64)
        frame.encode(into: &buffer)
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .binary, data: buffer)),
            promise: nil
        )
    }
}
