// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerCore {
    var hasSubscriptions: Bool { subscriptionCount.load(ordering: .relaxed) > 0 }

    /// Who gets which messages of a block: each subscriber every one once, with the highest QoS it was granted.
    ///
    /// Sessions that keep their messages have them from here on, to be sent once ``distribute(_:_:_:)`` says so.
    ///
    /// - Parameters:
    ///   - publisher: the number of the session that they came from.
    ///   - retains: whether messages with the retain flag are among them.
    ///   - keeps: whether sessions may keep them; else they are for those who are there.
    func route(_ block: EventBlock, from publisher: UInt64?, retains: Bool = true, keeps: Bool = true) -> Routing {
        var routing = Routing()
        state.withLock { state in
            if hasSubscriptions {
                // Looked up once, however many subscribers there are.
                let qualities = block.records.indices.map(block.qualityOfService)
                for (number, picks) in matches(of: block, from: publisher, in: &state) {
                    guard let session = state.sessionsByNumber[number] else { continue }
                    if keeps {
                        add(picks, of: block, qualities, for: session, to: &routing)
                    } else if let connection = session.connection {
                        routing.direct.append((connection, picks.map(\.withoutQoS)))
                    }
                }
            }
            if retains { retain(block, in: &state, &routing) }
        }
        return routing
    }

    private func matches(of block: EventBlock, from publisher: UInt64?, in state: inout State) -> [UInt64: [Pick]] {
        var picks: [UInt64: [Pick]] = [:]
        for (index, record) in block.records.enumerated() {
            var shared: [(group: SubscriptionTrie.SharedEntry, node: Int)] = []
            state.trie.match(block.bytes[record.topic]) { match in
                switch match {
                case .one(let subscriber, let entry):
                    if entry.noLocal, subscriber == publisher { return }
                    picks[subscriber, default: []].merge(Pick(index: index, entry))
                case .shared(let group, let node): shared.append((group, node))
                }
            }
            for (group, node) in shared {
                guard let (subscriber, entry) = choose(group, node, in: &state) else { continue }
                // Beside what came by other subscriptions, and not joined with it (MQTT 5.0 section 4.8.2).
                picks[subscriber, default: []].append(Pick(index: index, entry))
            }
        }
        return picks
    }

    /// The member of a shared subscription whose turn it is; one that is there, if any is.
    private func choose(
        _ group: SubscriptionTrie.SharedEntry,
        _ node: Int,
        in state: inout State
    ) -> (UInt64, SubscriptionTrie.Entry)? {
        let count = group.members.count
        var chosen: Int?
        for index in (group.turn..<group.turn + count).map({ $0 % count }) {
            guard let session = state.sessionsByNumber[group.members[index].subscriber] else { continue }
            if session.connection != nil {
                chosen = index
                break
            }
            if chosen == nil, session.isDurable { chosen = index }
        }
        guard let chosen else { return nil }
        state.trie.pass(group, node: node, turn: chosen + 1)
        return group.members[chosen]
    }

    /// - Parameter qualities: with which each message of the block was published.
    private func add(
        _ picks: [Pick],
        of block: EventBlock,
        _ qualities: [QualityOfService],
        for session: BrokerSession,
        to routing: inout Routing
    ) {
        guard session.isDurable else { return hand(picks, qualities, to: session, &routing) }
        var direct: [Pick] = []
        var kept: [KeptPick] = []
        for pick in picks {
            let quality = min(pick.qualityOfService, qualities[pick.index])
            if quality == .atMostOnce {
                direct.append(pick)
            } else {
                let message = KeptMessage(block.records[pick.index], of: block)
                if let message = keep(message, pick, quality, for: session, &routing) { kept.append(message) }
            }
        }
        if !kept.isEmpty { routing.kept.append((session, kept)) }
        // Without QoS a message is for those who are there.
        hand(direct, qualities, to: session, &routing)
    }

    /// Messages from memory: what was published without QoS at once, all else after its commit.
    private func hand(
        _ picks: [Pick],
        _ qualities: [QualityOfService],
        to session: BrokerSession,
        _ routing: inout Routing
    ) {
        guard !picks.isEmpty, let connection = session.connection else { return }
        // A hub hands on in the order of its log, and what it hands on is durable.
        let isPatient = { (pick: Pick) in !self.configuration.allowsPublish || qualities[pick.index] != .atMostOnce }
        let patient = picks.filter(isPatient)
        if !patient.isEmpty { routing.direct.append((connection, patient)) }
        // Most blocks hold messages of one kind.
        guard patient.count < picks.count else { return }
        routing.atOnce.append((connection, patient.isEmpty ? picks : picks.filter { !isPatient($0) }))
    }

    /// Puts a message into a session's backlog; nil where there is no room, and then it is counted.
    private func keep(
        _ message: KeptMessage,
        _ pick: Pick,
        _ quality: QualityOfService,
        for session: BrokerSession,
        _ routing: inout Routing
    ) -> KeptPick? {
        let number = makeRecordNumber()
        let queued = session.state.withLock { state in
            let isAway = state.connection == nil
            return state.backlog.add(number: number) { packetID in
                QueuedMessage(
                    packetID: packetID,
                    qualityOfService: quality,
                    retain: pick.isRetained || (pick.retainAsPublished && message.attributes.retain),
                    isUnsent: isAway,
                    identifiers: pick.identifiers,
                    message: message
                )
            }
        }
        guard let queued else {
            routing.dropped += 1
            return nil
        }
        let body = BrokerRecord.message(session: session.number, queued).encoded()
        routing.changes.append(.put(StateRecord(number: number, body: body)))
        return KeptPick(packetID: queued.packetID, number: number)
    }

    /// Hands on what has become durable, or takes back what has not.
    func distribute(_ block: EventBlock, _ routing: Routing, _ outcome: IngestOutcome) {
        let isKept = outcome == .accepted
        if !routing.retained.isEmpty { settleRetained(block, routing.retained, isKept: isKept) }
        for (session, messages) in routing.kept { session.settle(messages, isKept: isKept) }
        if routing.dropped > 0 {
            count { $0.dropped += UInt64(routing.dropped) }
            throttle.warn("full", "a session's queue is full: messages for its client were dropped")
        }
        guard isKept else { return }
        for (connection, picks) in routing.direct { connection.execute { $0.deliver(block, picks) } }
    }

    /// Adds retained messages to a session's backlog; what is to become durable with its subscription.
    func keepRetained(_ matches: [RetainedMatch], for session: BrokerSession) -> Routing {
        var routing = Routing()
        var kept: [KeptPick] = []
        for match in matches {
            if let message = keep(match.message, match.pick, match.quality, for: session, &routing) {
                kept.append(message)
            }
        }
        if !kept.isEmpty { routing.kept = [(session, kept)] }
        return routing
    }
}

extension Pick {
    /// Of a message that a session does not keep, whatever it was granted.
    fileprivate var withoutQoS: Pick {
        var pick = self
        pick.qualityOfService = .atMostOnce
        return pick
    }

    fileprivate init(index: Int, _ entry: SubscriptionTrie.Entry) {
        self.init(
            index: index,
            qualityOfService: entry.qualityOfService,
            retainAsPublished: entry.retainAsPublished,
            identifiers: entry.identifier == 0 ? [] : [entry.identifier]
        )
    }
}

extension [Pick] {
    /// Adds a pick of the latest event, or joins it with the one that is there.
    fileprivate mutating func merge(_ pick: Pick) {
        guard let last, last.index == pick.index else { return append(pick) }
        self[count - 1].qualityOfService = Swift.max(last.qualityOfService, pick.qualityOfService)
        self[count - 1].retainAsPublished = last.retainAsPublished || pick.retainAsPublished
        self[count - 1].identifiers += pick.identifiers
    }
}

extension EventBlock {
    /// With which a message was published.
    fileprivate func qualityOfService(at index: Int) -> QualityOfService {
        guard records[index].attributesLength > 0,
            let attributes = try? EventAttributes(decoding: attributes(at: index))
        else { return .atLeastOnce }
        return QualityOfService(rawValue: attributes.qualityOfService) ?? .atLeastOnce
    }
}
