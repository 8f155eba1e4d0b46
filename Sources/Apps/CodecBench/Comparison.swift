// SPDX-License-Identifier: Apache-2.0

import Events

/// Holds events that came out of a batch against those that went in.
struct Comparison {
    /// The recording's name.
    let recording: String
    /// Where ``events`` begin in the recording.
    let first: Int
    /// What went in.
    let events: EventBlock

    /// Throws for the first event of `range` that `decoded` does not hold as it was.
    func check(_ decoded: EventBlock, _ range: Range<Int>) throws(BenchFault) {
        for (offset, index) in range.enumerated() {
            guard offset < decoded.count else { throw mismatch(index, "it is missing") }
            if let why = difference(decoded, offset, index) { throw mismatch(index, why) }
        }
        guard decoded.count == range.count else {
            throw mismatch(range.upperBound - 1, "\(decoded.count - range.count) events too many follow it")
        }
    }

    /// What to say of the event at `index` of ``events``.
    func mismatch(_ index: Int, _ why: String) -> BenchFault {
        .mismatch(codec: "Sluice", recording: recording, event: first + index + 1, why: why)
    }

    private func difference(_ decoded: EventBlock, _ offset: Int, _ index: Int) -> String? {
        let (new, old) = (decoded.records[offset], events.records[index])
        if new.sequence != old.sequence { return "sequence \(new.sequence) instead of \(old.sequence)" }
        if new.timestamp != old.timestamp { return "time \(new.timestamp) instead of \(old.timestamp)" }
        if decoded.bytes[new.topic] != events.bytes[old.topic] { return "another topic" }
        if decoded.attributes(at: offset) != events.attributes(at: index) { return "other attributes" }
        return decoded.payload(at: offset) == events.payload(at: index) ? nil : "another payload"
    }
}
