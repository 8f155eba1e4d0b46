// SPDX-License-Identifier: Apache-2.0

import CMalloc
import Events
import Logging
import MQTT
import NIOCore
import Synchronization

/// What the connections of one broker share.
final class BrokerCore: Sendable {
    struct State {
        /// Every open socket.
        var sockets: [UInt64: ConnectionHandle] = [:]
        /// The most sockets since memory was last handed back.
        var crowd = 0
        /// The socket of each client that is in, or about to be.
        var clients: [String: UInt64] = [:]
        /// The session of each client, the client there or away.
        var sessions: [String: BrokerSession] = [:]
        var sessionsByNumber: [UInt64: BrokerSession] = [:]
        var trie = SubscriptionTrie()
        var retained: RetainedMessages
        var systemTopics = SystemTopics()
        /// When the next session ends, a will is due or a retained message expires.
        var timer: (due: NIODeadline, task: Scheduled<Void>)?
        /// Connections that are not read because too much waits in all.
        var held: [ConnectionHandle] = []
        var statistics = BrokerStatistics()
        var isStopping = false
    }

    let configuration: BrokerConfiguration
    let logger: Logger
    let throttle: LogThrottle
    let ingest: Ingest
    /// Nil where nothing is kept beyond a connection.
    let memory: BrokerMemory?
    let access: AccessControl
    let originRule: OriginRule
    let now: @Sendable () -> Int64
    let eventLoop: any EventLoop
    let started: NIODeadline
    /// Ends when the broker stops and its last connection is gone.
    let emptied: AsyncStream<Void>
    private let emptiedSource: AsyncStream<Void>.Continuation
    let state: Mutex<State>
    private let nextID = Atomic<UInt64>(1)
    private let nextRecord: Atomic<UInt64>
    let subscriptionCount = Atomic<Int>(0)
    /// Of what waits for subscribers, all together.
    let queueBudget: ByteBudget
    let connectRate: Mutex<ConnectRate>
    let unansweredBytes = Atomic<Int>(0)

    init(
        _ configuration: BrokerConfiguration,
        eventLoop: any EventLoop,
        access: AccessControl,
        logger: Logger,
        memory: BrokerMemory?,
        now: @escaping @Sendable () -> Int64,
        ingest: @escaping Ingest
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        started = eventLoop.now
        self.access = access
        originRule = OriginRule(allowed: configuration.webOrigins, ownNames: OriginRule.namesOfThisMachine)
        self.logger = logger
        self.memory = memory
        self.now = now
        self.ingest = ingest
        throttle = LogThrottle(logger: logger)
        queueBudget = ByteBudget(maximum: configuration.maximumQueuedBytesInAll)
        connectRate = Mutex(ConnectRate(perSecond: configuration.maximumConnectRate))
        (emptied, emptiedSource) = AsyncStream.makeStream()
        state = Mutex(State(retained: RetainedMessages(maximumBytes: configuration.maximumRetainedBytes)))
        nextRecord = Atomic((memory?.records.map(\.number).max() ?? 0) + 1)
    }

    var sessionLimits: ServerSession.Limits {
        var limits = ServerSession.Limits()
        limits.maximumEventBytes = configuration.maximumEventBytes
        // Room for the fixed header, a packet identifier and properties beside the event.
        limits.maximumPacketBytes = configuration.maximumEventBytes + 4_096
        limits.receiveMaximum = UInt16(clamping: configuration.maximumUnansweredEvents)
        limits.deliveryWindow = configuration.maximumQueuedMessages
        limits.allowsPublish = configuration.allowsPublish
        limits.maximumSessionExpiry = memory == nil ? 0 : configuration.maximumSessionExpiry
        limits.maximumKeepAlive = configuration.maximumKeepAlive
        return limits
    }

    func makeID() -> UInt64 {
        nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    /// A number for a record: higher than any before it.
    func makeRecordNumber() -> UInt64 {
        nextRecord.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    // MARK: Connections

    /// False when the socket is to be closed at once: many more than may come in, or the broker stops.
    func opened(_ handle: ConnectionHandle) -> Bool {
        state.withLock { state in
            guard !state.isStopping, state.sockets.count < configuration.maximumConnections + 256 else { return false }
            state.sockets[handle.id] = handle
            state.crowd = max(state.crowd, state.sockets.count)
            return true
        }
    }

    /// Lets a client in, or says why not; gives the connection that had its name before.
    func admit(
        _ handle: ConnectionHandle,
        clientID: String,
        user: String
    ) -> (refusal: ReasonCode?, former: ConnectionHandle?) {
        state.withLock { state in
            if state.isStopping { return (.serverShuttingDown, nil) }
            // Nobody throws out the device of another user.
            if let session = state.sessions[clientID], session.user != user, session.connection != nil {
                return (.clientIdentifierNotValid, nil)
            }
            let former = state.clients[clientID]
            guard former != nil || state.clients.count < configuration.maximumConnections else {
                return (.quotaExceeded, nil)
            }
            state.clients[clientID] = handle.id
            state.statistics.mostConnections = max(state.statistics.mostConnections, state.clients.count)
            return (nil, former.flatMap { state.sockets[$0] })
        }
    }

    /// Whether the client's name is still this connection's.
    func owns(_ id: UInt64, clientID: String) -> Bool {
        state.withLock { $0.clients[clientID] == id }
    }

    func closed(id: UInt64, clientID: String) {
        let (isEmpty, hasThinned) = state.withLock { state in
            state.sockets[id] = nil
            if state.clients[clientID] == id { state.clients[clientID] = nil }
            let hasThinned = state.crowd > 500 && state.sockets.count < state.crowd / 4
            if hasThinned { state.crowd = state.sockets.count }
            return (state.isStopping && state.sockets.isEmpty, hasThinned)
        }
        if hasThinned { handBackMemory() }
        if isEmpty { emptiedSource.finish() }
    }

    /// Gives the kernel what a crowd of connections has left behind: malloc would keep it for the next (malloc_trim(3)).
    private func handBackMemory() {
        _ = eventLoop.scheduleTask(in: .seconds(1)) { _ = malloc_trim(0) }
    }

    /// No more clients come in from now on.
    ///
    /// - Returns: the connections that are still there.
    func stop() -> [ConnectionHandle] {
        let (handles, timer) = state.withLock { state in
            state.isStopping = true
            defer { state.timer = nil }
            return (Array(state.sockets.values), state.timer)
        }
        timer?.task.cancel()
        if handles.isEmpty { emptiedSource.finish() }
        return handles
    }

    // MARK: Bounds

    /// Whether all connections together wait for too much.
    var isFull: Bool {
        unansweredBytes.load(ordering: .relaxed) >= configuration.maximumUnansweredBytesInAll
    }

    func waits(bytes: Int) {
        unansweredBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Remembers a connection that is not read while ``isFull``; it is told when that is over.
    func hold(_ handle: ConnectionHandle) {
        state.withLock { $0.held.append(handle) }
        if !isFull { wakeHeld() }
    }

    func answered(bytes: Int) {
        unansweredBytes.wrappingSubtract(bytes, ordering: .relaxed)
        if !isFull { wakeHeld() }
    }

    private func wakeHeld() {
        let held = state.withLock { state -> [ConnectionHandle] in
            guard !state.held.isEmpty else { return [] }
            defer { state.held.removeAll() }
            return state.held
        }
        for handle in held { handle.execute { $0.resumeReading() } }
    }

    // MARK: Statistics

    func count(_ change: (inout BrokerStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    func statistics() -> BrokerStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.connections = state.clients.count
            statistics.sessions = state.sessions.count
            statistics.subscriptions = state.trie.count
            statistics.retained = state.retained.count
            return statistics
        }
    }
}
