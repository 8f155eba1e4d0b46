// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Logging
import NIOCore
import NIOWebSocket
import Storage
import UplinkFrames

/// Does what ``LinkMachine`` and ``SendMachine`` decide: channels, timers, log, figures.
///
/// Lives on one event loop; every method must be called there.
final class LinkDriver {
    /// What hello said on a connection, and when.
    struct Greeting {
        var states: [LaneState]
        var version: UInt32
        var sentAt: Duration
    }

    /// Devices that published within this time are thought to go on.
    private static let ingestMemory: Duration = .milliseconds(100)
    /// What takes a look at every lane is counted this often, for status.
    private static let countInterval: Duration = .milliseconds(200)

    let configuration: UplinkConfiguration
    let source: LaneSource
    let eventLoop: any EventLoop
    let logger: Logger
    let shared: SharedStatistics
    let connector: HubConnector
    /// Nil where nothing is sealed.
    let sealing: AgentSealing?
    /// Asks for batches; one question at a time that is urgent, and one that is not.
    let askBatch: (BatchRequest) -> Void

    var link: LinkMachine
    var send: SendMachine
    var channels: [LinkMachine.ConnectionID: any Channel] = [:]
    var greetings: [LinkMachine.ConnectionID: Greeting] = [:]
    /// Of the connections on which everything is sealed.
    var seals: [LinkMachine.ConnectionID: AgentSeal] = [:]
    /// Connections that wait for the lanes to say hello.
    var silent: Set<LinkMachine.ConnectionID> = []
    var active: LinkMachine.ConnectionID?
    var hubID: UInt64 = 0
    var lastPing: (number: UInt64, at: Duration)?

    /// The store may have more than what was last seen of it.
    private var wantsLanes = false
    private var isAskingUrgent = false
    private var isAskingBatch = false
    private var askedBatchAt: Duration = .zero
    private var lastCommitAt: Duration?
    private var isInTurn = false
    private var timer: Scheduled<Void>?
    private var timerAt: Duration?
    private var stopAt: Duration?
    private var knowsLastLanes = false
    private let ended: EventLoopPromise<Void>
    private var isEnded = false
    private var mask: UInt64
    private var reportedTrouble: String?
    private var countedAt: Duration?
    private var routesSettle: Scheduled<Void>?

    init(
        _ configuration: UplinkConfiguration,
        source: LaneSource,
        primers: PrimerCycle,
        connector: HubConnector,
        sealing: AgentSealing?,
        eventLoop: any EventLoop,
        logger: Logger,
        shared: SharedStatistics,
        seed: UInt64,
        askBatch: @escaping (BatchRequest) -> Void
    ) {
        self.configuration = configuration
        self.source = source
        self.eventLoop = eventLoop
        self.logger = logger
        self.shared = shared
        self.connector = connector
        self.sealing = sealing
        self.askBatch = askBatch
        ended = eventLoop.makePromise()
        mask = seed
        link = LinkMachine(
            hubNames: configuration.hubs.map(\.name),
            linkTimeout: configuration.linkTimeout,
            node: source.node,
            seed: seed
        )
        send = SendMachine(
            SendMachine.Settings(
                mtu: configuration.mtu,
                linger: configuration.linger,
                linkTimeout: configuration.linkTimeout,
                drain: configuration.drain
            ),
            epoch: source.epoch.id,
            node: source.node,
            primers: primers
        )
        send.settings.isSealed = sealing != nil
    }

    /// Completes when all is over.
    var end: EventLoopFuture<Void> { ended.futureResult }

    var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    // MARK: What happens

    func start() {
        turn { perform(link.start(at: $0)) }
    }

    /// The store has more than before.
    func committed() {
        lastCommitAt = now
        guard active != nil, !isEnded else { return }
        wantsLanes = true
        turn { _ in }
    }

    /// Routes or addresses changed, which they do in bursts.
    func routesChanged() {
        guard routesSettle == nil, !isEnded else { return }
        routesSettle = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { [weak self] in
            guard let self else { return }
            routesSettle = nil
            turn { perform(link.routesChanged(at: $0)) }
        }
    }

    /// Graceful: sends what fits in the time, then says bye.
    func stop() {
        guard stopAt == nil else { return }
        turn { now in
            stopAt = now + configuration.stopTimeout
            send.isFlushing = true
            wantsLanes = true
        }
    }

    /// At once.
    func abort() {
        turn { _ in finish() }
    }

    /// The batches that were asked for.
    func batches(_ answer: BatchAnswer) {
        let isUrgent = answer.request.isUrgent
        if isUrgent { isAskingUrgent = false } else { isAskingBatch = false }
        if case .failed(let error) = answer.outcome {
            logger.error("cannot read the store", metadata: ["error": "\(error)"])
        }
        turn { now in
            let hasCompany = lastCommitAt.map { now - $0 < Self.ingestMemory } ?? false
            if hasCompany, !isUrgent { send.rest(after: now - askedBatchAt, at: now) }
            send.answered(answer, at: now)
        }
    }

    func reached(_ id: LinkMachine.ConnectionID, _ channel: any Channel) {
        channels[id] = channel
        turn { link.reached(id, at: $0) }
    }

    func opened(_ id: LinkMachine.ConnectionID) {
        turn { perform(link.opened(id, at: $0)) }
    }

    func failed(_ id: LinkMachine.ConnectionID, _ text: String) {
        forget(id)
        turn { perform(link.failed(id, text, at: $0)) }
    }

    func closed(_ id: LinkMachine.ConnectionID, _ text: String?) {
        forget(id)
        turn { perform(link.closed(id, text, at: $0)) }
    }

    private func forget(_ id: LinkMachine.ConnectionID) {
        channels[id] = nil
        seals[id] = nil
    }

    func faulted(_ id: LinkMachine.ConnectionID, _ text: String) {
        turn { perform(link.fault(id, text, at: $0)) }
    }

    func faulted(_ id: LinkMachine.ConnectionID, _ fault: FrameFault) {
        guard case .unsupported(let text) = fault else { return faulted(id, "\(fault)") }
        turn { perform(link.unsupported(id, text, at: $0)) }
    }

    func heard(_ id: LinkMachine.ConnectionID) {
        link.heard(id, at: now)
    }

    /// All that came at once was taken: time to send what it allows.
    func readComplete(_ id: LinkMachine.ConnectionID) {
        turn { _ in }
    }

    func writable(_ id: LinkMachine.ConnectionID) {
        if id == active { turn { _ in } }
    }

    /// A mask for a WebSocket message: it keeps proxies from mistaking data for HTTP (RFC 6455 section 10.3), and
    /// what the events are is not chosen by a stranger who sees it.
    func nextMask() -> WebSocketMaskingKey {
        mask = mask &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let bits = UInt32(truncatingIfNeeded: mask >> 32)
        return [
            UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8),
            UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 24),
        ]
    }

    // MARK: Turns

    /// Runs `body`, then does all that may follow from it: frames, questions to the store, timers, figures.
    func turn(_ body: (Duration) -> Void) {
        let now = now
        body(now)
        guard !isInTurn, !isEnded else { return }
        isInTurn = true
        repeat {
            look(at: now)
            pump(at: now)
        } while wantsLanes
        link.owes(send.isAwaitingAnswer, at: now)
        ask()
        if isStopped(at: now) { finish() }
        publish()
        isInTurn = false
        schedule(at: now)
    }

    /// Looks at the lanes, if something may have changed there.
    private func look(at now: Duration) {
        guard wantsLanes else { return }
        wantsLanes = false
        let states = source.lanes(nil)
        if stopAt != nil { knowsLastLanes = true }
        greet(states, at: now)
        guard active != nil else { return }
        send.update(states, at: now)
        send.offer(source.clocks(hubID).filter { isOurs($0, states) })
    }

    private func ask() {
        guard active != nil else { return }
        if !isAskingUrgent, let request = send.nextRequest(at: now, isUrgent: true) {
            isAskingUrgent = true
            askBatch(request)
        }
        if !isAskingBatch, let request = send.nextRequest(at: now, isUrgent: false) {
            isAskingBatch = true
            askedBatchAt = now
            askBatch(request)
        }
    }

    func wantLanes() {
        wantsLanes = true
    }

    /// One timer for all that waits; it may come too early, never too late.
    private func schedule(at now: Duration) {
        guard !isEnded else { return }
        var times = [link.deadline, stopAt, active.flatMap { seals[$0]?.deadline }]
        if active != nil, !isAskingUrgent { times.append(send.deadline(at: now, isUrgent: true)) }
        if active != nil, !isAskingBatch { times.append(send.deadline(at: now, isUrgent: false)) }
        guard let next = times.compactMap(\.self).min() else { return }
        if let timerAt, timerAt <= next { return }
        timer?.cancel()
        timerAt = next
        let wait = max(next - now, .zero)
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { [weak self] in self?.tick() }
    }

    private func tick() {
        timer = nil
        timerAt = nil
        turn { perform(link.tick(at: $0)) }
    }

    private func isStopped(at now: Duration) -> Bool {
        guard let stopAt else { return false }
        return !link.isServing || now >= stopAt || (knowsLastLanes && send.isDone)
    }

    private func finish() {
        guard !isEnded else { return }
        isEnded = true
        timer?.cancel()
        routesSettle?.cancel()
        let open = Array(channels.values)
        perform(link.end())
        active = nil
        // A peer that takes no more bytes must not keep the agent from ending.
        let impatience = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) {
            for channel in open { channel.close(mode: .all, promise: nil) }
        }
        let ended = ended
        EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: eventLoop).whenComplete { _ in
            impatience.cancel()
            ended.succeed()
        }
        publish()
    }

    private func countHistory() {
        let isRecent = countedAt.map { now - $0 < Self.countInterval } ?? false
        guard active == nil || !isRecent else { return }
        countedAt = active == nil ? nil : now
        let count = active == nil ? nil : send.historicalEvents
        shared.update { $0.historicalEvents = count }
    }

    private func publish() {
        shared.update { figures in
            figures.hub = link.hubName
            figures.trouble = link.trouble
            figures.connections = link.connections
            figures.isSealed = active.map { seals[$0] != nil }
            figures.sentEvents = send.sentEvents
            figures.acknowledgedEvents = send.acknowledgedEvents
            figures.primer = send.primers.newest.map {
                .init(identifier: $0.identifier.rawValue, bytes: $0.bytes, isActive: $0.isActive)
            }
        }
        countHistory()
        guard link.trouble != reportedTrouble else { return }
        reportedTrouble = link.trouble
        guard let trouble = link.trouble, !isEnded else { return }
        // Only the first attempt has nothing to complain of.
        logger.log(level: link.hasFailed ? .warning : .info, "\(trouble)")
    }
}
