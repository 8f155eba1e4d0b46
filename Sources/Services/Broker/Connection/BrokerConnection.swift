// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import MQTT
import NIOCore

/// One client's socket: feeds the session machine and does what it says, on one event loop.
///
/// Everything that one read brings is worked off before anything is written: the messages go to ``Ingest`` as one
/// block, and what is to be sent leaves with one flush.
final class BrokerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A message that waits until the subscriber's queue has room for all of a block.
    struct WaitingDelivery {
        var block: EventBlock
        var picks: ArraySlice<Pick>
        var whenDone: @Sendable () -> Void
    }

    enum Life {
        case serving
        /// A last packet was sent: what still comes is thrown away until the peer closes.
        case lingering
        case closed
    }

    let core: BrokerCore
    let id: UInt64
    var session: ServerSession
    var life = Life.serving
    var context: ChannelHandlerContext?
    var handle: ConnectionHandle?
    /// Set by a graceful stop: close as soon as nothing waits for an answer.
    var isStopping = false
    /// Set while the client may not come in yet: nothing is read, and what was read waits.
    var isAsking = false
    /// The client's session; nil before it is in.
    var kept: BrokerSession?

    // Who the client is and what it may do: BrokerConnection+access.swift.
    let entrance: Entrance
    /// Set when it was let in: before that it is nobody, and has no will.
    var isIn = false
    /// The name that the core knows it by, once it has asked for one.
    var claimedID = ""
    var user: String?
    var rights: Rights?
    /// Of the access rules that ``rights`` are from; 0 before they were asked for.
    var rightsVersion: UInt64 = 0

    private var decoder: PacketDecoder
    private var inbound = ByteBuffer()
    var outbound = ByteBuffer()
    private var lastRead = NIODeadline.uptimeNanoseconds(0)
    private var timer: Scheduled<Void>?

    // Publishing: BrokerConnection+publish.swift.
    var block = EventBlock()
    var blockAnswers: [PendingBlock.Answer] = []
    var blockChanges: [StateChange] = []
    /// Whether messages with the retain flag are in ``block``.
    var blockRetains = false
    var pending = CircularBuffer<PendingBlock>()
    /// Number of the first element of ``pending``.
    var firstPending = 0
    var unansweredEvents = 0
    var unansweredBytes = 0
    private var readIsHeld = false

    // Delivery: BrokerConnection+delivery.swift.
    var queue: DeliveryQueue
    var waiting = CircularBuffer<WaitingDelivery>()
    /// Retained messages that the client subscribed to.
    var retainedWaiting = CircularBuffer<RetainedMatch>()
    /// Subscriptions whose retained messages wait for a commit: what was published later stays behind them.
    var awaitedRetained = 0
    /// Records of messages that the client is done with, not noted yet.
    var finished: [StateChange] = []
    /// Counts what the subscriber took, so that a timer can see whether anything moved.
    var progress: UInt64 = 0
    /// Messages written, and bytes read, since the last flush, for the statistics.
    var delivered: UInt64 = 0
    private var readBytes: UInt64 = 0
    var slownessTimer: Scheduled<Void>?
    var isPumping = false
    /// Whether a message was not written for want of room in the socket, and not in the client's window.
    var socketIsFull = false

    init(core: BrokerCore, entrance: Entrance) {
        self.core = core
        self.entrance = entrance
        id = core.makeID()
        let limits = core.sessionLimits
        session = ServerSession(limits: limits)
        decoder = PacketDecoder(maximumPacketBytes: limits.maximumPacketBytes, isServer: true)
        queue = DeliveryQueue(
            maximumCount: core.configuration.maximumQueuedMessages,
            maximumBytes: core.configuration.maximumQueuedBytes,
            budget: core.queueBudget
        )
    }

    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["peer": "\(context?.channel.remoteAddress?.description ?? "gone")"]
        if !session.clientID.isEmpty { metadata["client"] = "\(session.clientID.prefix(64))" }
        return metadata
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        handle = ConnectionHandle(self, eventLoop: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // The handle holds this object.
        handle = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let handle, core.opened(handle) else {
            core.throttle.warn("many", "too many connections, or stopping: closed one at once")
            context.close(promise: nil)
            return
        }
        arm(after: .init(core.configuration.connectTimeout))
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(publishesWill: !isStopping)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core.logger.debug("connection failed: \(error)", metadata: metadata)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastRead = context.eventLoop.now
        guard life == .serving else { return }
        var buffer = unwrapInboundIn(data)
        readBytes += UInt64(buffer.readableBytes)
        let isContinued = inbound.readableBytes > 0
        if isContinued {
            inbound.writeBuffer(&buffer)
            swap(&inbound, &buffer)
        }
        let start = buffer.readerIndex
        if session.isAwaitingConnect, let guess = PeerGuess.notMQTT(buffer.readableBytesView) {
            return close(session.end(.protocolError, "not an MQTT client: it sent \(guess)"))
        }
        process(&buffer)
        keep(buffer, whole: isContinued && buffer.readerIndex == start)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submit()
        noteFinished()
        pump()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            pump()
            resumeReading()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Keeps the start of a packet until the rest comes.
    private func keep(_ rest: ByteBuffer, whole: Bool) {
        if rest.readableBytes == 0 {
            inbound = ByteBuffer()
        } else if whole {
            // Not copied: a packet that trickles in byte by byte must not cost its square.
            inbound = rest
        } else {
            // Copied, so that the start of a packet does not keep a whole read alive.
            inbound = ByteBuffer(bytes: rest.readableBytesView)
        }
    }

    private func process(_ buffer: inout ByteBuffer) {
        do throws(MQTTFault) {
            while life == .serving, !isAsking, let packet = try decoder.next(from: &buffer) {
                judge(packet)
                act(on: session.receive(packet))
            }
        } catch {
            countRefusal(error.reason)
            close(session.fail(error))
        }
    }

    /// Goes on with what was read while the client could not come in.
    func processKept() {
        var buffer = inbound
        inbound = ByteBuffer()
        process(&buffer)
        keep(buffer, whole: false)
        submit()
        pump()
        resumeReading()
    }

    private func act(on action: ServerSession.Action) {
        switch action {
        case .take(let publish): if mayPublish(publish) { take(publish) } else { deny(publish) }
        case .repeated(let packetID): answerAgain(packetID)
        case .release(let packetID): release(packetID)
        case .decline(let reason, let answer):
            countRefusal(reason)
            answerInOrder(answer)
        case .open(let connect):
            decoder.version = connect.version
            ask(connect)
        case .subscribe(let subscriptions, let packetID, let reasons): subscribe(subscriptions, packetID, reasons)
        case .unsubscribe(let filters, let answer): unsubscribe(filters, answer)
        case .send(let packet): send(packet)
        case .delivered(let packetID): delivered(packetID)
        case .deliveryReceived(let packetID): deliveryReceived(packetID)
        case .leave(let publishesWill):
            leave(publishesWill: publishesWill)
            context?.close(promise: nil)
        case .close(let ending):
            countRefusal(ending.reason)
            close(ending)
        case .none: break
        }
    }

    // MARK: Coming and going

    func takenOver() {
        guard life == .serving else { return }
        close(session.end(.sessionTakenOver, "another connection took this client identifier"))
    }

    /// Asks the connection to close when all that was read has its answer.
    func stop() {
        guard life == .serving else { return }
        isStopping = true
        submit()
        stopIfAnswered()
    }

    func stopIfAnswered() {
        guard isStopping, pending.isEmpty, life == .serving else { return }
        close(session.end(.serverShuttingDown, "stopping"))
    }

    /// Closes without waiting for anything.
    func abandon() {
        context?.close(promise: nil)
    }

    /// Ends the connection from this side: sends what the ending says, if anything, and closes.
    func close(_ ending: ServerSession.Ending) {
        guard life == .serving, let context else { return }
        if ending.reason != .serverShuttingDown {
            core.throttle.warn("close \(ending.reason)", "closed a connection: \(ending.text)", metadata: metadata)
        }
        if let answer = ending.answer { _ = write(answer) }
        flush()
        // Who never came in counts against no limit from here on.
        let patience: TimeAmount = isIn ? .seconds(10) : .seconds(1)
        leave(publishesWill: !isStopping)
        guard ending.answer != nil else { return context.close(promise: nil) }
        // Closing with unread bytes would reset the connection, and the peer might never see the last packet
        // (RFC 9293 section 3.6.1): the output ends first, the rest follows when the peer closes or falls silent.
        life = .lingering
        context.close(mode: .output, promise: nil)
        linger(until: context.eventLoop.now + patience)
    }

    /// Throws away what still comes: a client that answers thousands of packets one by one has not read the last one yet.
    private func linger(until end: NIODeadline) {
        timer = handle?.schedule(in: .seconds(1)) { connection in
            guard let now = connection.context?.eventLoop.now else { return }
            guard now < end, connection.lastRead + .seconds(1) > now else { return connection.abandon() }
            connection.linger(until: end)
        }
    }

    /// Takes the client out of the broker; the socket may still linger.
    private func leave(publishesWill: Bool) {
        guard life == .serving else {
            life = .closed
            timer?.cancel()
            return
        }
        submit()
        life = .closed
        timer?.cancel()
        slownessTimer?.cancel()
        noteFinished()
        part(publishesWill: publishesWill)
        core.closed(id: id, clientID: claimedID)
        abandonDeliveries()
    }

    // MARK: Time

    var keepAliveLimit: TimeAmount { .milliseconds(Int64(session.keepAlive) * 1_500) }

    func arm(after delay: TimeAmount) {
        timer?.cancel()
        timer = handle?.schedule(in: delay) { $0.timerFired() }
    }

    func disarm() {
        timer?.cancel()
    }

    private func timerFired() {
        guard life == .serving else { return }
        guard !isAsking else {
            return close(session.end(.serverBusy, "could not be let in within \(core.configuration.connectTimeout)"))
        }
        guard session.isConnected else {
            return close(session.end(.protocolError, "no CONNECT within \(core.configuration.connectTimeout)"))
        }
        guard let now = context?.eventLoop.now else { return }
        // Nothing can come from a client that this side does not read.
        if isFull { lastRead = now }
        let due = lastRead + keepAliveLimit
        guard due > now else { return close(session.end(.keepAliveTimeout, "silent for 1.5 keep-alive times")) }
        arm(after: due - now)
    }

    // MARK: Reading under bounds

    /// Whether too much waits for its answer, here or in all.
    private var isFull: Bool {
        unansweredEvents >= core.configuration.maximumUnansweredEvents
            || unansweredBytes >= core.configuration.maximumUnansweredBytes || core.isFull
    }

    func read(context: ChannelHandlerContext) {
        // A client that does not take its answers gets no more of them.
        guard !isStopping || life == .lingering, context.channel.isWritable || life != .serving, !isFull, !isAsking
        else {
            readIsHeld = true
            if core.isFull, let handle { core.hold(handle) }
            return
        }
        readIsHeld = false
        context.read()
    }

    /// Reads on if reading was put off and the reason is gone.
    func resumeReading() {
        guard readIsHeld, let context else { return }
        readIsHeld = false
        read(context: context)
    }

    // MARK: Writing

    func send(_ packet: Packet) {
        // Later, as this may be called in the middle of many.
        if !write(packet) { handle?.execute { $0.closeSilently() } }
    }

    /// False where the client takes no packet so long: "The Server MUST NOT send packets exceeding Maximum Packet Size to
    /// the Client" (MQTT-3.1.2-24).
    func write(_ packet: Packet) -> Bool {
        // Nothing comes after the last word.
        guard life == .serving else { return true }
        let start = outbound.writerIndex
        packet.encode(into: &outbound, version: session.version)
        guard outbound.writerIndex - start > session.clientMaximumPacketBytes else { return true }
        outbound.moveWriterIndex(to: start)
        return false
    }

    /// Ends the connection of a client that does not take the answer it is owed.
    func closeSilently() {
        guard life == .serving else { return }
        var ending = session.end(.packetTooLarge, "an answer is larger than the client's maximum packet size")
        // DISCONNECT before CONNACK is not allowed (MQTT-3.14.0-1).
        ending.answer = nil
        close(ending)
    }

    func flush() {
        let written = UInt64(outbound.readableBytes)
        if written > 0 || readBytes > 0 {
            core.count { statistics in
                statistics.delivered += delivered
                statistics.receivedBytes += readBytes
                statistics.sentBytes += written
            }
            (delivered, readBytes) = (0, 0)
        }
        guard written > 0, let context else { return }
        let bytes = outbound
        // Before the write: that may tell of writability at once, and more be written meanwhile.
        outbound = context.channel.allocator.buffer(capacity: min(bytes.readableBytes, 4_096))
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
}
