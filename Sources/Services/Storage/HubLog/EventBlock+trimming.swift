// SPDX-License-Identifier: Apache-2.0

import Events

extension EventBlock {
    /// A block of the events whose sequences lie in `ranges`.
    func keeping(_ ranges: [ClosedRange<UInt64>]) -> EventBlock {
        var kept = EventBlock()
        for record in records where ranges.contains(where: { $0.contains(record.sequence) }) {
            kept.append(record, of: self)
        }
        return kept
    }

    /// Gives all events one class; touches nothing where they have it.
    mutating func mark(_ eventClass: EventClass) {
        for index in records.indices where records[index].eventClass != eventClass {
            assign(sequence: records[index].sequence, eventClass: eventClass, at: index)
        }
    }

    /// The sequences of the block, or nil when they are not consecutive from 1 or more.
    var consecutiveRange: ClosedRange<UInt64>? {
        guard let first = records.first?.sequence, first > 0 else { return nil }
        var next = first
        for record in records {
            guard record.sequence == next, next < UInt64(Int64.max) else { return nil }
            next += 1
        }
        return first...(next - 1)
    }
}
