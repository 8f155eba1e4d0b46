// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport

/// What a store was given, what it promised of that, and what it need not keep any more.
struct PowerLedger {
    /// An event's content follows from these two.
    struct Event: Equatable {
        var serial: UInt64
        var length: Int

        var payload: [UInt8] {
            var generator = SeededGenerator(seed: serial)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(length + 8)
            // The same over and over, so that it pays to pack it.
            let word = generator.next()
            while bytes.count < length { withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) } }
            return Array(bytes.prefix(length))
        }

        var topic: String { "line/\(serial % 5)" }
        var timestamp: Int64 { Int64(1_000_000 + serial) }
    }

    struct Entry {
        /// By sequence, all that were acknowledged by the store.
        var issued: [Event] = []
        /// What was refused since the last that was not: it may be there all the same, behind the others.
        var refused: [Event] = []
        var acknowledged: Int { issued.count }
        /// What a hub has.
        var landed = SequenceSet()
        /// What was given up, or went with a damaged file: a gap is right there.
        var released = SequenceSet()

        mutating func acknowledge(_ event: Event) {
            issued.append(event)
            refused = []
        }

        /// Bytes of what no hub has.
        var backlog: Int {
            guard acknowledged > 0 else { return 0 }
            return landed.missing(in: 1...UInt64(acknowledged)).reduce(0) { sum, range in
                sum + issued[Int(range.lowerBound) - 1..<Int(range.upperBound)].reduce(0) { $0 + $1.length + 40 }
            }
        }
    }

    var lanes: [Lane: Entry] = [:]
    var records = PowerRecords()
    /// Whether room may have been made by giving events up.
    var mayShed = false

    /// Bytes of what no hub has.
    var backlog: Int { lanes.values.reduce(0) { $0 + $1.backlog } }

    /// The lane with most of it.
    var heaviest: Lane? { lanes.max { $0.value.backlog < $1.value.backlog }?.key }

    /// Everything may become a gap: the file was destroyed.
    mutating func releaseAll() {
        for lane in lanes.keys { lanes[lane]?.released.insert(1...UInt64(1 << 40)) }
        records.forget()
    }

    /// Compares with what a store holds.
    mutating func compare(_ store: AgentStore) async -> (compared: Int, losses: [String]) {
        var (compared, losses) = records.compare(store.records)
        for state in store.lanes() where state.last > 0 && lanes[state.lane] == nil {
            losses.append("lane \(state.lane) was never written")
        }
        for (lane, entry) in lanes {
            var seen = SequenceSet()
            for slice in await store.readAll(lane) {
                switch slice {
                case .events(let block):
                    losses += block.records.indices.compactMap { Self.difference(block, $0, entry) }
                    for record in block.records { seen.insert(record.sequence...record.sequence) }
                case .gap(let gap):
                    if isRight(gap, entry) {
                        seen.insert(gap.first...gap.last)
                    } else {
                        losses.append(
                            "gap \(gap.first)-\(gap.last) \(gap.reason) of \(entry.acknowledged) acknowledged"
                        )
                    }
                case .failed(let error): losses.append("\(error)")
                case .end: break
                }
            }
            guard entry.acknowledged > 0 else { continue }
            compared += entry.landed.missing(in: 1...UInt64(entry.acknowledged)).reduce(0) { $0 + $1.count }
            for missing in seen.missing(in: 1...UInt64(entry.acknowledged)) {
                for lost in entry.landed.missing(in: missing) {
                    losses.append("\(lost) of \(entry.acknowledged) acknowledged is missing in \(lane)")
                }
            }
        }
        return (compared, losses)
    }

    private static func difference(_ block: EventBlock, _ index: Int, _ entry: Entry) -> String? {
        let sequence = block.records[index].sequence
        let position = Int(sequence) - 1
        if entry.issued.indices.contains(position) {
            return isSame(block, index, entry.issued[position]) ? nil : "\(sequence) has another content"
        }
        return entry.refused.contains { isSame(block, index, $0) } ? nil : "\(sequence) was never given out"
    }

    private static func isSame(_ block: EventBlock, _ index: Int, _ event: Event) -> Bool {
        block.payload(at: index).elementsEqual(event.payload) && block.records[index].timestamp == event.timestamp
            && block.topic(at: index) == event.topic
    }

    private func isRight(_ gap: Gap, _ entry: Entry) -> Bool {
        if gap.reason == .bufferFull, mayShed { return true }
        return entry.landed.missing(in: gap.first...gap.last).allSatisfy { entry.released.missing(in: $0).isEmpty }
    }
}
