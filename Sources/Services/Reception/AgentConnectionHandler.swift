// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Keys
import Logging
import NIOCore
import NIOWebSocket
import Sealing
import Storage
import UplinkFrames

/// One agent's connection: feeds the machine and does what it says.
///
/// All of it runs on the connection's event loop; batches are decoded there.
final class AgentConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame
    /// What the log knows of an agent's lanes, and of the primers that it has.
    typealias Greeted = (landed: [Lane: SequenceSet], primers: [Primer])

    /// How long the other side may take to close after goodbye.
    private static let closingTime = TimeAmount.seconds(2)

    /// How soon a log that has too much to write is asked again.
    private static let busyInterval = Duration.milliseconds(20)
    /// Names that one agent may have had, where it seals: each that is new is a write to the disk.
    private static let maximumNodes = 8

    private let core: ReceptionCore
    private let connection: UInt64
    private let certificate: [UInt8]?
    private var logger: Logger
    private var machine: AgentConnectionMachine
    private let seal: HubSeal
    private let inspect: BatchInspector.Opener
    private var primers = KnownPrimers()
    /// Names of nodes that the agent's key has been seen to be entitled to.
    private var provenNodes: Set<String> = []
    /// The agent's name, once it was introduced; the machine itself must not be asked while it has a batch opened.
    private var node = ""
    private var messages = WebSocketMessageAssembler(maximumBytes: FrameLimits.frameBytes)
    private let inbox = CompletionInbox()
    private var context: ChannelHandlerContext?
    private var peer: AgentPeer?
    private var ticking: RepeatedTask?
    private var readsAreHeld = false
    private var readIsWanted = false
    private var isInRead = false
    private var needsFlush = false
    private var isClosing = false
    private var troubleIsKnown = false
    /// Counted per burst of reads, so that the shared counters are touched once in it.
    private var burst: (batches: UInt64, bytes: UInt64) = (0, 0)

    /// - Parameters:
    ///   - certifiedNodes: what the agent's certificate is for; nil where none is asked for.
    ///   - certificate: that certificate.
    init(core: ReceptionCore, certifiedNodes: [String]?, certificate: [UInt8]? = nil) {
        self.core = core
        self.certificate = certificate
        connection = core.nextConnection()
        logger = core.logger
        logger[metadataKey: "connection"] = "\(connection)"
        let limit = core.configuration.effectiveEventBytes
        var settings = AgentConnectionMachine.Settings(
            hubID: core.log.hubID,
            hubEpoch: core.log.hubEpoch,
            credit: UInt64(core.configuration.credit),
            maximumEventBytes: UInt64(limit),
            linkTimeout: TimeAmount(core.configuration.linkTimeout)
        )
        settings.helloTimeout = TimeAmount(core.configuration.helloTimeout)
        settings.certifiedNodes = certifiedNodes
        machine = AgentConnectionMachine(settings, at: .now())
        seal = HubSeal(core.sealing)
        inspect = core.opening(limit)
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let peer = AgentPeer(connection: connection, channel: context.channel, handler: self)
        self.peer = peer
        core.add(peer)
        core.count { $0.agents += 1 }
        let interval = machine.tickInterval
        ticking = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            peer.tell { $0.tick() }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        over()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        over()
        context.fireChannelInactive()
    }

    private func over() {
        ticking?.cancel()
        guard ticking != nil, let peer else { return }
        ticking = nil
        core.remove(peer)
        core.count { $0.agents -= 1 }
        isClosing = true
        perform(machine.disconnected(at: .now()))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        isInRead = true
        let frame = unwrapInboundIn(data)
        burst.bytes += UInt64(frame.length)
        switch frame.opcode {
        case .binary, .continuation, .text: take(frame)
        case .ping:
            machine.heard(at: .now())
            write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
        case .pong: machine.heard(at: .now())
        case .connectionClose: close()
        default: perform(machine.malformed("WebSocket opcode \(frame.opcode)", at: .now()))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        if burst.bytes > 0 {
            core.count { [burst] in
                $0.batches += burst.batches
                $0.bytesReceived += burst.bytes
            }
            burst = (0, 0)
        }
        flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if readsAreHeld { readIsWanted = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        perform(machine.writable(context.channel.isWritable, at: .now()))
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOWebSocketError {
            perform(machine.malformed("not a WebSocket frame: \(error)", at: .now()))
        } else {
            logger.debug("connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    // MARK: What others say

    func tick() { perform(machine.tick(at: .now())) }

    func admitted() { perform(machine.admitted(at: .now())) }

    func fenced() { perform(machine.fenced(at: .now())) }

    func refused() { perform(machine.refused(at: .now())) }

    func stop() { perform(machine.stop(at: .now())) }

    /// Ends the connection where its certificate counts no more.
    func checkRevoked() {
        if isRevoked { perform(machine.revoked(at: .now())) }
    }

    private var isRevoked: Bool { core.configuration.revoked?.contains(certificate) ?? false }

    func greeted(_ result: Result<Greeted, StoreError>) {
        switch result {
        case .success(let (landed, primers)):
            perform(machine.greeted(landed, primers: primers, at: .now()))
            if !machine.isClosed { logger.info("agent connected") }
        case .failure(let error): perform(machine.greetingFailed(error, at: .now()))
        }
    }

    func probe() {
        perform(machine.probe(at: .now()))
        later(core.configuration.probeTimeout) { $0.perform($0.machine.probeEnded(at: .now())) }
    }

    func drainCompletions() {
        for completion in inbox.takeAll() {
            switch completion.answer {
            case .events(let result): machine.completed(completion.ticket, result)
            case .primer(let result): machine.completed(completion.ticket, primer: result)
            case .clock(let result): machine.completed(completion.ticket, clock: result)
            }
        }
        perform(machine.flush(at: .now()))
    }

    // MARK: What the machine says

    private func take(_ frame: WebSocketFrame) {
        let message: ByteBuffer?
        do throws(WebSocketMessageAssembler.Fault) {
            message = try messages.add(frame)
        } catch {
            return perform(machine.malformed("WebSocket message: \(error)", at: .now()))
        }
        guard var message else { return machine.heard(at: .now()) }
        do throws(HubSeal.Refusal) {
            switch try seal.receive(&message) {
            case .frame(let frame, let size): take(frame, size: size)
            case .agreed: machine.heard(at: .now())
            case .answer(let answer):
                machine.heard(at: .now())
                write(WebSocketFrame(fin: true, opcode: .binary, data: answer))
            }
        } catch {
            perform(machine.refused(error, at: .now()))
        }
    }

    private func take(_ frame: Frame, size: Int) {
        if let fault = strangers(in: frame) {
            perform(machine.refused(fault, at: .now()))
        } else {
            perform(machine.receive(frame, size: size, at: .now(), open: open))
        }
    }

    /// Why an agent that seals is not who it says it is; nil where it is.
    ///
    /// A node that is met for the first time is written down before it is believed: the loop waits for that, once in a
    /// node's life, so that no hello comes as far as the registry before its node has proved itself.
    private func strangers(in frame: Frame) -> KnownNodeFault? {
        guard let proof = seal.proof, let sealing = core.sealing else { return nil }
        let names = frame.claimedNodes.subtracting(provenNodes)
        // Nothing is learned of a node that the certificate is not for; the machine refuses it.
        guard names.allSatisfy(machine.mayBe) else { return nil }
        guard provenNodes.count + names.count <= Self.maximumNodes else { return .tooMany(Self.maximumNodes) }
        do throws(KnownNodeFault) {
            try sealing.verify(proof, nodes: names.sorted())
            provenNodes.formUnion(names)
            return nil
        } catch {
            return error
        }
    }

    private func open(_ batch: [UInt8]) -> OpenedBatch {
        burst.batches += 1
        return inspect(batch) { primers.primer($0, node: node, core.openedPrimers) }
    }

    private func perform(_ actions: [AgentConnectionMachine.Action]) {
        for action in actions { perform(action) }
        noteTrouble()
        if !isInRead { flush() }
    }

    private func perform(_ action: AgentConnectionMachine.Action) {
        switch action {
        case .send(let frame): send(frame)
        case .introduce(let introduction): introduce(introduction)
        case .greet(let introduction):
            if let peer { core.greet(.init(introduction: introduction, peer: peer)) }
        case .greetLater: later(core.configuration.retryInterval) { $0.admitted() }
        case .land(let order): land(order)
        case .retryLater:
            later(retryInterval) { $0.perform($0.machine.retry(at: .now())) }
        case .note(let lane): core.log.note(lane)
        case .know(let identifier, let bytes): primers.add(identifier, bytes)
        case .probed(let isAlive):
            if let node = machine.node { core.directory.probed(connection, node: node, isAlive: isAlive) }
        case .pauseReading: readsAreHeld = true
        case .resumeReading: resumeReading()
        case .close: close()
        case .drop:
            logger.info("agent is silent, its connection is closed")
            isClosing = true
            context?.close(promise: nil)
        case .settled:
            if let node = machine.node { core.directory.left(connection, node: node) }
        }
    }

    private func introduce(_ introduction: AgentIntroduction) {
        node = introduction.node
        logger[metadataKey: "node"] = "\(node)"
        if isRevoked { return perform(machine.revoked(at: .now())) }
        guard let peer else { return }
        core.directory.arrived(
            .init(connection: connection, node: introduction.node, epoch: introduction.epoch.id),
            peer
        )
    }

    private func land(_ order: LandingOrder) {
        guard let peer else { return }
        let completion: LogPort.Completion = { [inbox] in inbox.add(order.ticket, .events($0), wake: peer) }
        let kept: LogPort.PrimerCompletion = { [inbox] in inbox.add(order.ticket, .primer($0), wake: peer) }
        let noted: LogPort.ClockCompletion = { [inbox] in inbox.add(order.ticket, .clock($0), wake: peer) }
        let isFree = !inbox.hasFailure
        let earlier = StoreError.unavailable("what came before has to land first")
        switch order.work {
        case .batch(_, let lane, let bytes, let block):
            guard isFree else { return completion(.failure(earlier)) }
            core.log.land(order.node, lane, bytes, block, completion)
        case .gap(_, let gap):
            guard isFree else { return completion(.failure(earlier)) }
            core.log.record(order.node, gap, completion)
        case .primer(let primer):
            guard isFree else { return kept(.failure(earlier)) }
            core.log.keep(order.node, primer, kept)
        case .clock(let clock, let store):
            guard isFree else { return noted(.failure(earlier)) }
            core.log.clock(clock, store, noted)
        }
    }

    private func resumeReading() {
        readsAreHeld = false
        guard readIsWanted else { return }
        readIsWanted = false
        context?.read()
    }

    /// A log that has too much to write is asked again soon, one that cannot write a little later.
    private var retryInterval: Duration {
        if case .unavailable = machine.trouble { return Self.busyInterval }
        return core.configuration.retryInterval
    }

    /// Says once that nothing lands, and once that it does again; a busy log is no trouble.
    private func noteTrouble() {
        if case .unavailable = machine.trouble { return }
        guard (machine.trouble != nil) != troubleIsKnown else { return }
        troubleIsKnown.toggle()
        if let trouble = machine.trouble {
            logger.warning("nothing lands, it is tried until it does", metadata: ["reason": "\(trouble)"])
        } else {
            logger.notice("events land again")
        }
    }

    private func send(_ frame: Frame) {
        guard let context, !isClosing else { return }
        switch frame {
        case .reject(_, let rejection):
            core.count { $0.rejected += 1 }
            logger.warning(
                "batch rejected",
                metadata: ["first": "\(rejection.first)", "last": "\(rejection.last)", "reason": "\(rejection.text)"]
            )
        case .primerRefused(_, let refusal):
            logger.warning("primer refused", metadata: ["reason": "\(refusal.reason)", "text": "\(refusal.text)"])
        case .primerWanted(let identifier):
            logger.notice("a batch names a primer that is not here", metadata: ["primer": "\(identifier)"])
        case .bye(let bye):
            if bye.reason == .protocolFault { core.count { $0.faults += 1 } }
            if bye.reason == .notAuthorised { core.count { $0.notAuthorised += 1 } }
            if bye.reason == .sealRefused { core.count { $0.refusedSeals += 1 } }
            logger.log(
                level: [.notAuthorised, .sealRefused].contains(bye.reason) ? .warning : .info,
                "connection ended",
                metadata: ["reason": "\(bye.reason)", "text": "\(bye.text)"]
            )
        default: break
        }
        do throws(SealFault) {
            write(WebSocketFrame(fin: true, opcode: .binary, data: try seal.message(frame)))
        } catch {
            // The agent renews keys long before.
            logger.warning("a frame could not be sealed", metadata: ["reason": "\(error)"])
            context.close(promise: nil)
        }
    }

    private func write(_ frame: WebSocketFrame) {
        context?.write(wrapOutboundOut(frame), promise: nil)
        needsFlush = true
    }

    private func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    /// Sends what waits, then closes the sending half: closing both at once would make the kernel answer what the
    /// agent still sends with a reset, and that reset can overtake the goodbye (RFC 1122 section 4.2.2.13).
    private func close() {
        guard let context, !isClosing else { return }
        isClosing = true
        readsAreHeld = false
        resumeReading()
        var code = context.channel.allocator.buffer(capacity: 2)
        code.write(webSocketErrorCode: .normalClosure)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: code)
        let channel = context.channel
        needsFlush = false
        context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { _ in channel.close(mode: .output, promise: nil) }
        context.eventLoop.scheduleTask(in: Self.closingTime) { channel.close(promise: nil) }
    }

    private func later(_ delay: Duration, _ body: @escaping @Sendable (AgentConnectionHandler) -> Void) {
        guard let peer else { return }
        peer.channel.eventLoop.scheduleTask(in: TimeAmount(delay)) { peer.tell(body) }
    }
}
