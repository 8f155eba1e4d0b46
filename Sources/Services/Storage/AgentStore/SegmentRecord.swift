// SPDX-License-Identifier: Apache-2.0

/// What is known of a segment table without reading it.
struct SegmentRecord: Sendable, Equatable {
    /// The N in `segment_N`; never used again while the store is open.
    let id: Int64
    let first: UInt64
    /// Sequence of the last row; one less than ``first`` while there is none.
    var last: UInt64
    /// Bytes of all bodies.
    var rowBytes: Int
    /// Bytes of all topics, attributes and payloads.
    var eventBytes: Int
    /// When the first event was taken, in milliseconds since 1970.
    var firstTimestamp: Int64

    /// The segment's table.
    var table: String { "segment_\(id)" }

    /// Its sequences; nil while there is none.
    var range: ClosedRange<UInt64>? { last >= first ? first...last : nil }
}
