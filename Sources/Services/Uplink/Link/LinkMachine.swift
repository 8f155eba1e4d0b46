// SPDX-License-Identifier: Apache-2.0

package import UplinkFrames

/// Decides when to connect, to which hub, when a link is dead, and which of two connections counts.
///
/// ```
///          connect           reached          opened           welcome
/// waiting --------> connecting -----> upgrading -----> greeting ------> serving
///    ^                  |                 |                |               |
///    '------- failed, closed, bye, silent for too long --------------------'
/// ```
/// While the first connection makes no progress for two seconds, a second one goes through the same beside it; its
/// welcome makes it the first (decision 20). Pure: takes what happened and when, returns what to do. Times are since
/// any fixed start.
package struct LinkMachine: Sendable {
    package typealias ConnectionID = UInt64

    package enum Action: Sendable, Equatable {
        /// Connect to the hub with this index, WebSocket upgrade included.
        case connect(ConnectionID, hub: Int)
        case sayHello(ConnectionID)
        /// Send by this connection from now on, and by no other.
        case adopt(ConnectionID)
        /// Stop sending: the connection that was adopted is gone.
        case suspend
        case ping(ConnectionID, UInt64)
        /// Close and forget; say bye first where a reason is given.
        case close(ConnectionID, Bye.Reason?)
    }

    enum Phase: Equatable, Sendable {
        case connecting
        /// TCP stands; TLS and WebSocket are being agreed on.
        case upgrading
        case greeting
        case serving
    }

    struct Connection: Sendable {
        let id: ConnectionID
        let hub: Int
        var phase: Phase = .connecting
        let begun: Duration
        /// When the last byte came from the hub.
        var heard: Duration
        /// Since when the hub owes an answer.
        var owedSince: Duration?
        var pingedAt: Duration?

        /// Whether frames can be sent.
        var isOpen: Bool { phase == .greeting || phase == .serving }
    }

    /// For TCP alone: a lost SYN is better sent anew than waited for.
    package static let connectTimeout: Duration = .seconds(2)
    /// For TLS and WebSocket together, on a link that is slow but alive.
    package static let upgradeTimeout: Duration = .seconds(5)
    /// Without a byte for this long, while an answer is owed, a second connection is tried.
    package static let doubt: Duration = .seconds(2)
    /// Without a byte for this long, while an answer is owed, a ping asks whether the hub is there.
    package static let pingAfter: Duration = .seconds(1)

    let hubNames: [String]
    let linkTimeout: Duration
    let node: String
    var policy: ReconnectPolicy
    var first: Connection?
    var second: Connection?
    var hub = 0
    /// Versions of hello for hubs that said bye to a later one, until one of them answers.
    var versions: [Int: UInt32] = [:]
    var lastID: ConnectionID = 0
    /// When to connect next; nil while connections are busy or all is over.
    var attemptAt: Duration?
    var secondAttemptAt: Duration = .zero
    var pings: UInt64 = 0
    var isEnding = false

    /// Why nothing is being sent, in words for the user; nil while a hub serves and takes what is sent.
    package internal(set) var trouble: String?
    /// Connections that a hub accepted since the start.
    package internal(set) var connections: UInt64 = 0

    /// - Parameters:
    ///   - hubNames: for words to the user, in the order in which they are tried.
    ///   - seed: of the jitter between attempts.
    package init(hubNames: [String], linkTimeout: Duration, node: String, seed: UInt64) {
        self.hubNames = hubNames
        self.linkTimeout = linkTimeout
        self.node = node
        policy = ReconnectPolicy(seed: seed)
        trouble = hubNames.isEmpty ? "SLUICE_HUB is not set: events are kept here" : nil
    }

    /// The hub in use or being tried.
    package var hubName: String? {
        guard let connection = first else { return hubNames.isEmpty ? nil : hubNames[hub] }
        return hubNames[connection.hub]
    }

    /// Whether an attempt or a connection has failed since the start, or there is no hub to try.
    package var hasFailed: Bool { hubNames.isEmpty || connections > 0 || lastID > 1 || first == nil }

    /// The version of hello that a connection's hub may understand.
    package func helloVersion(_ id: ConnectionID) -> UInt32 {
        let connection = first?.id == id ? first : second
        return connection.flatMap { versions[$0.hub] } ?? Hello.currentVersion
    }

    /// Whether a connection serves.
    package var isServing: Bool { first?.phase == .serving }

    // MARK: Beginning and end

    package mutating func start(at now: Duration) -> [Action] {
        guard !hubNames.isEmpty else { return [] }
        return connectFirst(at: now)
    }

    /// Whoever owns the machine wants no more connections; what is there is closed with a bye.
    package mutating func end() -> [Action] {
        isEnding = true
        attemptAt = nil
        var actions: [Action] = []
        if let second { actions.append(.close(second.id, nil)) }
        if let first { actions.append(.close(first.id, first.isOpen ? .closing : nil)) }
        first = nil
        second = nil
        return actions
    }

    /// Routes or addresses changed: what was waited for may be there.
    package mutating func routesChanged(at now: Duration) -> [Action] {
        policy.reset()
        guard attemptAt != nil else { return [] }
        attemptAt = now
        return tick(at: now)
    }

    // MARK: Shared

    mutating func connectFirst(at now: Duration) -> [Action] {
        attemptAt = nil
        if trouble == nil { trouble = "connecting to \(hubNames[hub])" }
        let connection = makeConnection(at: now)
        first = connection
        return [.connect(connection.id, hub: connection.hub)]
    }

    mutating func makeConnection(at now: Duration) -> Connection {
        lastID += 1
        return Connection(id: lastID, hub: hub, begun: now, heard: now)
    }
}
