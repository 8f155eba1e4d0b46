// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// Messages with QoS 1 and 2 that a session keeps until its client has them (MQTT 5.0 section 4.4), in order.
///
/// Every message has its packet identifier from the start: what is sent again after a restart of this side must look the
/// same to a client that remembers it.
struct SessionBacklog {
    /// What happens to a message.
    private enum Phase {
        /// Its commit is under way.
        case arriving
        /// To be sent, or sent on this connection.
        case kept
        /// The client has it: the commit that says so is under way.
        case releasing
        /// The client has it, and that is durable; only the identifier is in use.
        case released
    }

    private struct Entry {
        var number: UInt64
        var phase: Phase
        var isSent = false
        var wasSent = false
        var queued: QueuedMessage
    }

    private var entries: [UInt16: Entry] = [:]
    /// Identifiers of what is not sent on this connection, oldest first; some may be gone.
    private var waiting = CircularBuffer<UInt16>()
    private var lastID: UInt16 = 0
    private(set) var bytes = 0 {
        didSet { budget.change(by: bytes - oldValue) }
    }
    private let maximumCount: Int
    private let maximumBytes: Int
    private let budget: ByteBudget

    init(maximumCount: Int, maximumBytes: Int, budget: ByteBudget) {
        self.maximumCount = min(maximumCount, 60_000)
        self.maximumBytes = maximumBytes
        self.budget = budget
    }

    var count: Int { entries.count }
    /// Whether a message is there that its record says was not sent.
    var holdsUnsent: Bool { entries.values.contains { $0.queued.isUnsent && !$0.wasSent } }
    /// Numbers of all records.
    var numbers: [UInt64] { entries.values.map(\.number) }

    /// Adds a message whose commit is about to begin; nil where there is no room.
    mutating func add(number: UInt64, _ make: (UInt16) -> QueuedMessage) -> QueuedMessage? {
        guard entries.count < maximumCount else { return nil }
        repeat { lastID = lastID == 65_535 ? 1 : lastID + 1 } while entries[lastID] != nil
        let queued = make(lastID)
        // An empty backlog takes any message.
        let hasRoom = bytes + queued.message.bytes.count <= maximumBytes && !budget.isSpent
        guard entries.isEmpty || hasRoom else { return nil }
        insert(Entry(number: number, phase: .arriving, queued: queued))
        waiting.append(lastID)
        return queued
    }

    /// A message of an earlier run; they come in the order of their numbers.
    ///
    /// - Parameter wasSent: false where it was certainly not sent before.
    mutating func restore(_ queued: QueuedMessage, number: UInt64, wasSent: Bool) {
        insert(Entry(number: number, phase: .kept, wasSent: wasSent, queued: queued))
        waiting.append(queued.packetID)
    }

    /// An identifier that was in use in an earlier run.
    mutating func restore(released packetID: UInt16, number: UInt64) {
        insert(Entry(number: number, phase: .released, queued: .empty(packetID)))
    }

    private mutating func insert(_ entry: Entry) {
        if let former = entries.updateValue(entry, forKey: entry.queued.packetID) {
            bytes -= former.queued.message.bytes.count
        }
        bytes += entry.queued.message.bytes.count
    }

    /// The commit of a message is over.
    ///
    /// - Parameter number: of its record: the identifier may have come into other hands.
    mutating func settle(_ packetID: UInt16, number: UInt64, isKept: Bool) {
        guard let entry = entries[packetID], entry.number == number, entry.phase == .arriving else { return }
        if isKept { entries[packetID]?.phase = .kept } else { drop(packetID, entry) }
    }

    private mutating func drop(_ packetID: UInt16, _ entry: Entry) {
        entries[packetID] = nil
        bytes -= entry.queued.message.bytes.count
    }

    /// The next message to be sent, if it may be sent yet, and whether it may have been sent before.
    mutating func next() -> (queued: QueuedMessage, isAgain: Bool)? {
        while let packetID = waiting.first {
            guard let entry = entries[packetID], entry.phase == .kept || entry.phase == .arriving, !entry.isSent else {
                waiting.removeFirst()
                continue
            }
            return entry.phase == .kept ? (entry.queued, entry.wasSent) : nil
        }
        return nil
    }

    /// What ``next()`` gave was sent.
    mutating func sent(_ packetID: UInt16) {
        entries[packetID]?.isSent = true
        entries[packetID]?.wasSent = true
        if waiting.first == packetID { waiting.removeFirst() }
    }

    /// The client has a QoS 2 message: the number of its record, which is to hold only the identifier; nil where it does,
    /// or is about to.
    mutating func received(_ packetID: UInt16) -> UInt64? {
        guard let entry = entries[packetID], entry.phase == .kept else { return nil }
        entries[packetID]?.phase = .releasing
        return entry.number
    }

    /// It is durable that the client has a message, or could not be made so: then it would be sent once more.
    mutating func settleRelease(_ packetID: UInt16, isKept: Bool) {
        guard var entry = entries[packetID], entry.phase == .releasing else { return }
        entry.phase = isKept ? .released : .kept
        if isKept {
            bytes -= entry.queued.message.bytes.count
            entry.queued = .empty(packetID)
        }
        entries[packetID] = entry
    }

    /// The client is done with a message: the number of its record, which can go.
    mutating func finished(_ packetID: UInt16) -> UInt64? {
        guard let entry = entries[packetID] else { return nil }
        drop(packetID, entry)
        return entry.number
    }

    /// Lets go of everything: the session is over.
    mutating func removeAll() {
        entries.removeAll()
        waiting.removeAll()
        bytes = 0
    }

    /// Begins anew on another connection; the identifiers for which PUBREL is to be sent, oldest first.
    mutating func restart() -> [UInt16] {
        waiting.removeAll()
        var released: [UInt16] = []
        for (packetID, entry) in entries.sorted(by: { $0.value.number < $1.value.number }) {
            entries[packetID]?.isSent = false
            switch entry.phase {
            case .released: released.append(packetID)
            case .arriving, .kept: waiting.append(packetID)
            // PUBREL follows once the commit is made.
            case .releasing: break
            }
        }
        return released
    }
}

extension QueuedMessage {
    fileprivate static func empty(_ packetID: UInt16) -> QueuedMessage {
        QueuedMessage(
            packetID: packetID,
            qualityOfService: .exactlyOnce,
            retain: false,
            identifiers: [],
            message: KeptMessage(timestamp: 0, topicLength: 0, attributesLength: 0, bytes: [])
        )
    }
}
