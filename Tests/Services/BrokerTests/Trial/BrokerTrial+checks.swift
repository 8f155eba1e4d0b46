// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import NIOEmbedded
import Synchronization

@testable import Broker

/// What has to hold when nothing moves any more.
extension BrokerTrial {
    /// The disk works again, and everybody reads.
    func settle() throws {
        store.mode = .accepts
        for client in clients { client?.setWritable(true) }
        try turn()
        // Who has not said who it is by now goes.
        loop.advanceTime(by: .seconds(11))
        try turn()
    }

    /// Every packet that was read has its answer.
    func checkAnswers() throws {
        for client in clients.compactMap(\.self) where client.isOpen {
            try TrialFault.require(client.isIn, "a connection stays open without CONNECT")
            if client.isAtRest {
                send(.pingreq, as: client)
                try turn()
            }
            try TrialFault.require(
                client.debts.isEmpty || !client.isOpen,
                "no answer to \(client.debts), \(client.version)"
            )
        }
    }

    /// What a restart would find is what there is.
    func checkRecords() throws {
        // What could not be written is found out at the restart.
        guard !store.hasRefused else { return }
        let other = Self.core(store.copy(), loop)
        let theirs = other.state.withLock { $0.sessions }
        let ours = core.state.withLock { $0.sessions }
        for (name, session) in ours where session.isDurable && session.state.withLock({ $0.expiry }) > 0 {
            guard let twin = theirs[name] else { throw TrialFault("the session of \(name) is in memory only") }
            try compare(session, twin)
        }
        for name in theirs.keys {
            try TrialFault.require(ours[name]?.isDurable == true, "the session of \(name) is in the store only")
        }
        let (retained, kept) = (core.retainedBytes, other.retainedBytes)
        try TrialFault.require(retained == kept, "\(retained) bytes are retained, and \(kept) after a restart")
        _ = other.stop()
    }

    private func compare(_ session: BrokerSession, _ twin: BrokerSession) throws(TrialFault) {
        let (ours, theirs) = (session.state.withLock { $0.summary }, twin.state.withLock { $0.summary })
        try TrialFault.require(ours == theirs, "\(session.clientID) has \(ours), and after a restart \(theirs)")
    }

    /// A client that was there all the time, and one that is new, are served.
    func checkService() throws {
        let newcomer = try enter("newcomer")
        let payload = Array("served".utf8)
        let message = Publish(
            topic: ByteBuffer(string: Self.witness),
            payload: ByteBuffer(bytes: payload),
            packetID: 1,
            qualityOfService: .atLeastOnce
        )
        send(.publish(message), as: newcomer)
        try turn()
        try TrialFault.require(newcomer.debts.isEmpty, "a newcomer's message has no answer")
        try TrialFault.require(witness.open.count == 1, "the witness did not get its message")
        newcomer.vanish()
    }

    private func enter(_ name: String) throws -> TrialClient {
        let guest = try makeClient()
        guests = [guest]
        send(.connect(Connect(version: .v5, clientID: name)), as: guest)
        try turn()
        try TrialFault.require(guest.isIn, "\(name) is not let in")
        return guest
    }

    /// When everybody has gone and no session is left, nothing is.
    func checkEmptiness() throws {
        for client in everybody { client.vanish() }
        try turn()
        for name in core.state.withLock({ $0.sessions.keys.sorted() }) {
            try enter(name).vanish()
            try turn()
        }
        let left = core.state.withLock { state in
            [state.sockets.count, state.clients.count, state.sessions.count, state.sessionsByNumber.count]
                + [state.trie.count, state.held.count]
        }
        try TrialFault.require(left.allSatisfy { $0 == 0 }, "when all are gone there are \(left)")
        let bytes = [core.unansweredBytes.load(ordering: .relaxed), core.queueBudget.used.load(ordering: .relaxed)]
        try TrialFault.require(bytes == [0, 0], "when all are gone budgets are at \(bytes)")
        guard !store.hasRefused else { return }
        let orphans = store.records.compactMap { BrokerRecord($0.body) }.filter { record in
            if case .retained = record { false } else { true }
        }
        try TrialFault.require(orphans.isEmpty, "records are left of nothing: \(orphans)")
    }
}

extension BrokerCore {
    fileprivate var retainedBytes: Int { state.withLock { $0.retained.bytes } }
}

extension BrokerSession.State {
    /// What a restart must bring back.
    fileprivate var summary: String {
        let filters = grants.keys.sorted().joined(separator: " ")
        return "\(filters), QoS 2 \(received.keys.sorted()), \(backlog.count) messages of \(backlog.bytes) bytes, "
            + "expiry \(expiry), will \(will != nil)"
    }
}
