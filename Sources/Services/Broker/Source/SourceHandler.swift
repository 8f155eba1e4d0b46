// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import MQTT
import NIOCore

/// One connection to a source: subscribes, hands what comes to ``Ingest`` and acknowledges what is durable.
///
/// The session at the broker outlives the connection, so what this side has not acknowledged comes again.
final class SourceHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let configuration: SourceConfiguration
    private let password: [UInt8]?
    private let subscribesAlways: Bool
    private let logger: Logger
    private let tally: SourceTally
    private let ingest: Ingest
    private let now: @Sendable () -> Int64
    private let ended: EventLoopPromise<SourceEnding>
    private let version: MQTTVersion

    private var session: ClientSession
    private let decoder: PacketDecoder
    private var inbound = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var isConnected = false
    private var isStopping = false
    private var lastRead = NIODeadline.now()
    private var timer: Scheduled<Void>?
    /// Messages of this read, and the identifiers of those with QoS 1.
    private var block = EventBlock()
    private var packetIDs: [UInt16] = []
    private var unansweredBytes = 0
    private var isReadHeld = false
    private var isFinished = false

    /// - Parameters:
    ///   - subscribesAlways: whether to subscribe although the broker still has the session.
    ///   - ended: told once, when the connection is over.
    init(
        _ configuration: SourceConfiguration,
        password: [UInt8]?,
        version: MQTTVersion,
        subscribesAlways: Bool,
        logger: Logger,
        tally: SourceTally,
        now: @escaping @Sendable () -> Int64,
        ended: EventLoopPromise<SourceEnding>,
        ingest: @escaping Ingest
    ) {
        self.configuration = configuration
        self.password = password
        self.version = version
        self.subscribesAlways = subscribesAlways
        self.logger = logger
        self.tally = tally
        self.now = now
        self.ended = ended
        self.ingest = ingest
        session = ClientSession(version: version, window: 1)
        decoder = PacketDecoder(version: version, maximumPacketBytes: configuration.maximumEventBytes + 4_096)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        // Many a broker that knows only MQTT 3.1.1 closes without a word.
        finish("it closed the connection", suggestsOlder: !isConnected && version == .v5)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish("\(error)")
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        lastRead = .now()
        if inbound.readableBytes > 0 {
            inbound.writeBuffer(&buffer)
            swap(&inbound, &buffer)
        }
        do throws(MQTTFault) {
            while let packet = try decoder.next(from: &buffer) { act(on: session.receive(packet)) }
        } catch {
            // An older broker says no in the form of its own version: two bytes, where MQTT 5 has properties behind them.
            finish(error.text, suggestsOlder: !isConnected && version == .v5)
            context.close(promise: nil)
        }
        buffer.discardReadBytes()
        inbound = buffer
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submit()
        context.flush()
        context.fireChannelReadComplete()
    }

    /// Whether more may be read: not while much waits to become durable.
    var mayRead: Bool { unansweredBytes < configuration.maximumUnansweredBytes && !isStopping }

    // MARK: The session

    private func begin(_ context: ChannelHandlerContext) {
        var connect = Connect(version: version, clientID: configuration.clientID)
        connect.cleanStart = false
        connect.keepAlive = configuration.keepAlive
        connect.userName = configuration.userName
        connect.password = password
        if version == .v5 {
            connect.properties.append(.sessionExpiry, SessionExpiry.never)
            connect.properties.append(.receiveMaximum, 1_000)
            connect.properties.append(.maximumPacketSize, UInt32(clamping: decoder.maximumPacketBytes))
        }
        send(.connect(connect), context)
        context.flush()
        schedule(.init(configuration.timeout), context)
    }

    private func act(on action: ClientSession.Action) {
        guard let context else { return }
        switch action {
        case .connected(let connack):
            isConnected = true
            tally.began()
            logger.info(
                "reading from a broker",
                metadata: [
                    "source": "\(configuration.host):\(configuration.port)",
                    "version": "\(version == .v5 ? "5" : "3.1.1")",
                    "session": "\(connack.sessionPresent ? "kept" : "new")",
                ]
            )
            if !connack.sessionPresent || subscribesAlways { subscribe(context) }
            schedule(.seconds(Int64(configuration.keepAlive) / 2), context)
        case .refused(let connack):
            let reason = connack.properties.text(.reasonString) ?? "\(connack.reason)"
            finish("it refuses: \(reason)", suggestsOlder: connack.reason == .unsupportedProtocolVersion)
            context.close(promise: nil)
        case .message(let publish, _): take(publish)
        case .answered(_, let reasons):
            guard let failed = zip(configuration.filters, reasons).first(where: { $1.isFailure }) else { return }
            finish("it refuses the subscription to \(failed.0.text): \(failed.1)")
            context.close(promise: nil)
        case .closed(let reason, let text):
            finish("it said goodbye: \(text ?? "\(reason)")")
            context.close(promise: nil)
        case .fault(let fault):
            finish(fault.text)
            context.close(promise: nil)
        case .acknowledged, .none: break
        }
    }

    private func subscribe(_ context: ChannelHandlerContext) {
        guard let packetID = session.takeRequestID() else { return }
        let requests = configuration.filters.map { filter in
            var request = Subscribe.Request(filter: filter.text, qualityOfService: .atLeastOnce)
            // What is retained comes once, and not at every start.
            if version == .v5 { request.retainHandling = 1 }
            return request
        }
        send(.subscribe(Subscribe(packetID: packetID, requests: requests)), context)
    }

    // MARK: Messages

    private func take(_ publish: Publish) {
        let attributes = publish.isPlain ? [] : EventAttributes(publish).encoded()
        block.append(
            timestamp: now(),
            topic: publish.topic.readableBytesSpan,
            attributes: attributes.span.bytes,
            payload: publish.payload.readableBytesSpan
        )
        if publish.packetID != 0 { packetIDs.append(publish.packetID) }
    }

    private func submit() {
        guard !block.isEmpty, let context else { return }
        let taken = block
        let answered = packetIDs
        let messages = taken.count
        block = EventBlock(reservingBytes: taken.byteCount, records: taken.count)
        packetIDs.removeAll(keepingCapacity: true)
        unansweredBytes += taken.byteCount
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        ingest(taken, []) { outcome in
            eventLoop.execute { bound.value.answer(answered, messages, taken.byteCount, outcome) }
        }
    }

    private func answer(_ packetIDs: [UInt16], _ messages: Int, _ bytes: Int, _ outcome: IngestOutcome) {
        unansweredBytes -= bytes
        if outcome == .accepted { tally.stored(messages) }
        guard let context else { return }
        switch outcome {
        case .accepted:
            for packetID in packetIDs { send(.puback(PublishAnswer(packetID: packetID)), context) }
            context.flush()
        case .refused(let reason):
            // Without an answer it comes again, after the connection is made anew.
            finish("events could not be kept: \(reason)")
            context.close(promise: nil)
        }
        if isReadHeld, mayRead {
            isReadHeld = false
            context.read()
        }
        sayGoodbyeIfDone()
    }

    // MARK: Time and the end

    private func schedule(_ delay: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.timerFired() }
    }

    private func timerFired() {
        guard let context else { return }
        guard isConnected else {
            finish("no CONNACK within \(configuration.timeout)", suggestsOlder: version == .v5)
            return context.close(promise: nil)
        }
        let silence = NIODeadline.now() - lastRead
        if silence > .milliseconds(Int64(configuration.keepAlive) * 1_500), !isReadHeld {
            finish("silent for 1.5 keep-alive times")
            return context.close(promise: nil)
        }
        send(.pingreq, context)
        context.flush()
        schedule(.seconds(Int64(configuration.keepAlive) / 2), context)
    }

    /// Reads no more, acknowledges what becomes durable, and says goodbye; the session stays.
    func stop() {
        isStopping = true
        submit()
        sayGoodbyeIfDone()
    }

    private func sayGoodbyeIfDone() {
        guard isStopping, unansweredBytes == 0, let context else { return }
        if isConnected { send(.disconnect(Disconnect()), context) }
        context.flush()
        finish("stopping")
        context.close(promise: nil)
    }

    private func finish(_ reason: String, suggestsOlder: Bool = false) {
        // The first reason is the one that counts: a promise takes no second.
        guard !isFinished else { return }
        isFinished = true
        ended.succeed(SourceEnding(reason: reason, wasConnected: isConnected, suggestsOlder: suggestsOlder))
    }

    private func send(_ packet: Packet, _ context: ChannelHandlerContext) {
        var bytes = context.channel.allocator.buffer(capacity: 64)
        packet.encode(into: &bytes, version: version)
        context.write(wrapOutboundOut(bytes), promise: nil)
    }
}

extension SourceHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func read(context: ChannelHandlerContext) {
        isReadHeld = !mayRead
        if mayRead { context.read() }
    }
}
