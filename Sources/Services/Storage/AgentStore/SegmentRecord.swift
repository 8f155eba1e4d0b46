// SPDX-License-Identifier: Apache-2.0

/// What is known of a segment table without reading it.
struct SegmentRecord: Sendable, Equatable {
    /// What a row takes beyond topic, attributes and payload: its head, the cell, and what is left of the page.
    static let rowOverhead = 40

    /// The N in `segment_N` or `pack_N`; never used again while the store is open.
    let id: Int64
    var first: UInt64
    /// Sequence of the last event; one less than ``first`` while there is none.
    var last: UInt64
    /// Bytes of all bodies.
    var rowBytes: Int
    /// Bytes of all topics, attributes and payloads.
    var eventBytes: Int
    /// When the first event was taken, in milliseconds since 1970.
    var firstTimestamp: Int64
    /// The segment whose rows this pack began with; nil: it has rows.
    var packedFrom: Int64?

    /// Whether it holds batches rather than a row for each event.
    var isPacked: Bool { packedFrom != nil }

    /// The segment's table.
    var table: String { isPacked ? "pack_\(id)" : "segment_\(id)" }

    /// What was begun earlier has less; the same for rows and for the pack that they went into.
    var age: Int64 { packedFrom ?? id }

    /// Its sequences; nil while there is none.
    var range: ClosedRange<UInt64>? { last >= first ? first...last : nil }
}
