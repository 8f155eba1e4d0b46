// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import MQTT
import Synchronization

/// What the connections of one broker share.
final class BrokerCore: Sendable {
    private struct State {
        /// Every open socket.
        var sockets: [UInt64: ConnectionHandle] = [:]
        /// The socket of each client that is in.
        var clients: [String: UInt64] = [:]
        var trie = SubscriptionTrie()
        /// Connections that are not read because too much waits in all.
        var held: [ConnectionHandle] = []
        var statistics = BrokerStatistics()
        var isStopping = false
    }

    let configuration: BrokerConfiguration
    let logger: Logger
    let throttle: LogThrottle
    let ingest: Ingest
    let access: AccessControl
    let now: @Sendable () -> Int64
    /// Ends when the broker stops and its last connection is gone.
    let emptied: AsyncStream<Void>
    private let emptiedSource: AsyncStream<Void>.Continuation
    private let state = Mutex(State())
    private let nextID = Atomic<UInt64>(1)
    private let subscriptionCount = Atomic<Int>(0)
    private let unansweredBytes = Atomic<Int>(0)

    init(
        _ configuration: BrokerConfiguration,
        access: AccessControl,
        logger: Logger,
        now: @escaping @Sendable () -> Int64,
        ingest: @escaping Ingest
    ) {
        self.configuration = configuration
        self.access = access
        self.logger = logger
        self.now = now
        self.ingest = ingest
        throttle = LogThrottle(logger: logger)
        (emptied, emptiedSource) = AsyncStream.makeStream()
    }

    var sessionLimits: ServerSession.Limits {
        var limits = ServerSession.Limits()
        limits.maximumEventBytes = configuration.maximumEventBytes
        // Room for the fixed header, a packet identifier and properties beside the event.
        limits.maximumPacketBytes = configuration.maximumEventBytes + 4_096
        limits.receiveMaximum = UInt16(clamping: configuration.maximumUnansweredEvents)
        limits.deliveryWindow = configuration.maximumQueuedMessages
        limits.allowsPublish = configuration.allowsPublish
        return limits
    }

    func makeID() -> UInt64 {
        nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    // MARK: Connections

    /// False when the socket is to be closed at once: many more than may come in, or the broker stops.
    func opened(_ handle: ConnectionHandle) -> Bool {
        state.withLock { state in
            guard !state.isStopping, state.sockets.count < configuration.maximumConnections + 256 else { return false }
            state.sockets[handle.id] = handle
            return true
        }
    }

    /// Lets a client in, or says why not; gives the connection that had its name before.
    func admit(_ handle: ConnectionHandle, clientID: String) -> (refusal: ReasonCode?, former: ConnectionHandle?) {
        state.withLock { state in
            if state.isStopping { return (.serverShuttingDown, nil) }
            let former = state.clients[clientID]
            guard former != nil || state.clients.count < configuration.maximumConnections else {
                return (.quotaExceeded, nil)
            }
            state.clients[clientID] = handle.id
            return (nil, former.flatMap { state.sockets[$0] })
        }
    }

    func closed(id: UInt64, clientID: String, grants: some Sequence<String>) {
        let isEmpty = state.withLock { state in
            state.sockets[id] = nil
            if state.clients[clientID] == id { state.clients[clientID] = nil }
            for filter in grants { state.trie.remove(filter: filter, subscriber: id) }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
            return state.isStopping && state.sockets.isEmpty
        }
        if isEmpty { emptiedSource.finish() }
    }

    /// No more clients come in from now on.
    ///
    /// - Returns: the connections that are still there.
    func stop() -> [ConnectionHandle] {
        let handles = state.withLock { state in
            state.isStopping = true
            return Array(state.sockets.values)
        }
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

    // MARK: Subscriptions

    var hasSubscriptions: Bool { subscriptionCount.load(ordering: .relaxed) > 0 }

    func subscribe(_ id: UInt64, to grants: [ServerSession.Grant]) {
        state.withLock { state in
            for grant in grants {
                let entry = SubscriptionTrie.Entry(
                    qualityOfService: grant.qualityOfService,
                    noLocal: grant.noLocal,
                    retainAsPublished: grant.retainAsPublished
                )
                state.trie.insert(entry, filter: grant.filter, subscriber: id)
            }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
        }
    }

    func unsubscribe(_ id: UInt64, from filters: [String]) {
        state.withLock { state in
            for filter in filters { state.trie.remove(filter: filter, subscriber: id) }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
        }
    }

    /// Who gets which events of a block: each subscriber every event once, with the highest QoS it was granted.
    func route(_ block: EventBlock, from publisher: UInt64?) -> [(ConnectionHandle, [Pick])] {
        state.withLock { state in
            var picks: [UInt64: [Pick]] = [:]
            for (index, record) in block.records.enumerated() {
                state.trie.match(block.bytes[record.topic]) { subscriber, entry in
                    if entry.noLocal, subscriber == publisher { return }
                    let pick = Pick(
                        index: index,
                        qualityOfService: entry.qualityOfService,
                        retainAsPublished: entry.retainAsPublished
                    )
                    picks[subscriber, default: []].merge(pick)
                }
            }
            return picks.compactMap { id, picks in state.sockets[id].map { ($0, picks) } }
        }
    }

    // MARK: Statistics

    func count(_ change: (inout BrokerStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    func statistics() -> BrokerStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.connections = state.clients.count
            statistics.subscriptions = state.trie.count
            return statistics
        }
    }
}

extension [Pick] {
    /// Adds a pick of the latest event, or joins it with the one that is there.
    fileprivate mutating func merge(_ pick: Pick) {
        guard let last, last.index == pick.index else { return append(pick) }
        self[count - 1].qualityOfService = Swift.max(last.qualityOfService, pick.qualityOfService)
        self[count - 1].retainAsPublished = last.retainAsPublished || pick.retainAsPublished
    }
}
