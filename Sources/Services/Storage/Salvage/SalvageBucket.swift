// SPDX-License-Identifier: Apache-2.0

/// A segment that salvaged rows go into, in any order.
struct SalvageBucket {
    /// Rows from this sequence on, up to the next bucket's, go here.
    let lower: UInt64
    var segment: SegmentRecord
    var count: UInt64
    var isChanged = true

    /// Whether a sequence is missing between its first and its last.
    var hasHoles: Bool { segment.last - segment.first + 1 != count }
}
