// SPDX-License-Identifier: Apache-2.0

import Keys
import Logging
import NIOCore
import Storage
import Synchronization

/// What all connections of a reception share.
final class ReceptionCore: Sendable {
    /// An agent to be greeted by the log, and whom to tell.
    struct Greeting: Sendable {
        var introduction: AgentIntroduction
        var peer: AgentPeer
    }

    /// Whether there is room for one more connection.
    enum Admission: Sendable {
        case welcome
        /// Room only for a short answer that says so.
        case busy
        case full
    }

    private struct State {
        var statistics = ReceptionStatistics()
        var nextConnection: UInt64 = 1
        var channels: [ObjectIdentifier: any Channel] = [:]
        var peers: [UInt64: AgentPeer] = [:]
        var drained: EventLoopPromise<Void>?
    }

    /// Connections beyond the limit that are answered rather than closed at once.
    private static let answered = 64

    let configuration: ReceptionConfiguration
    let log: LogPort
    /// Nil where nothing can be opened.
    let sealing: HubSealing?
    /// Makes what opens one connection's batches, given the largest event.
    let opening: @Sendable (Int) -> BatchInspector.Opener
    let openedPrimers = KnownPrimers.Opened(PrimerCache(capacity: KnownPrimers.openedInAll))
    let directory = AgentDirectory()
    let logger: Logger
    /// Greetings that wait for the log: at most one per connection, so bounded by their number.
    let greetings: AsyncStream<Greeting>
    private let greetingsEnd: AsyncStream<Greeting>.Continuation
    private let state = Mutex(State())

    init(
        _ configuration: ReceptionConfiguration,
        log: LogPort,
        sealing: HubSealing?,
        opening: @escaping @Sendable (Int) -> BatchInspector.Opener,
        logger: Logger
    ) {
        self.configuration = configuration
        self.log = log
        self.sealing = sealing
        self.opening = opening
        self.logger = logger
        (greetings, greetingsEnd) = AsyncStream.makeStream()
    }

    func greet(_ greeting: Greeting) {
        greetingsEnd.yield(greeting)
    }

    func finishGreetings() {
        greetingsEnd.finish()
    }

    // MARK: Connections

    /// Counts a connection in; it is counted out when it closes.
    func enter(_ channel: any Channel) -> Admission {
        let (admission, isFirst) = state.withLock { state in
            let count = state.channels.count
            guard state.drained == nil, count < configuration.maximumConnections + Self.answered else {
                return (Admission.full, false)
            }
            state.channels[ObjectIdentifier(channel)] = channel
            guard count >= configuration.maximumConnections else { return (.welcome, false) }
            return (.busy, count == configuration.maximumConnections)
        }
        if isFirst {
            logger.warning(
                "all connections are taken, further agents are turned away",
                metadata: ["connections": "\(configuration.maximumConnections)"]
            )
        }
        guard admission != .full else { return admission }
        channel.closeFuture.whenComplete { [weak self, id = ObjectIdentifier(channel)] _ in self?.leave(id) }
        return admission
    }

    /// A connection that did not come as far as hello.
    func failed(_ channel: any Channel, _ error: any Error) {
        guard let tls = configuration.tls, TLSFiles.isHandshakeFault(error) else { return }
        count { $0.refusedHandshakes += 1 }
        logger.warning(
            "a connection was turned away: \(tls.words(for: error))",
            metadata: ["from": "\(channel.remoteAddress?.ipAddress ?? "unknown")"]
        )
    }

    private func leave(_ channel: ObjectIdentifier) {
        let drained = state.withLock { state in
            state.channels[channel] = nil
            return state.channels.isEmpty ? state.drained : nil
        }
        drained?.succeed()
    }

    func nextConnection() -> UInt64 {
        state.withLock { state in
            defer { state.nextConnection += 1 }
            return state.nextConnection
        }
    }

    func add(_ peer: AgentPeer) {
        let isStopping = state.withLock { state in
            state.peers[peer.connection] = peer
            return state.drained != nil
        }
        if isStopping { peer.tell { $0.stop() } }
    }

    /// Whoever is connected.
    var agents: [AgentPeer] { state.withLock { Array($0.peers.values) } }

    func remove(_ peer: AgentPeer) {
        state.withLock { _ = $0.peers.removeValue(forKey: peer.connection) }
    }

    /// Ends all connections: agents are acknowledged what was read, others are closed.
    ///
    /// - Returns: a future that succeeds when the last one is closed.
    func drain(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let (peers, others, isEmpty) = state.withLock { state in
            state.drained = promise
            let agents = Set(state.peers.values.map { ObjectIdentifier($0.channel) })
            let others = state.channels.filter { !agents.contains($0.key) }
            return (Array(state.peers.values), Array(others.values), state.channels.isEmpty)
        }
        for peer in peers { peer.tell { $0.stop() } }
        for channel in others { channel.close(promise: nil) }
        if isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// Closes what is still open.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    // MARK: Statistics

    func count(_ change: (inout ReceptionStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    func statistics() -> ReceptionStatistics {
        state.withLock { $0.statistics }
    }
}
