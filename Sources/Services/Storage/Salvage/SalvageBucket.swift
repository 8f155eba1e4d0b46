// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// A segment that salvaged rows go into, or a pack that batches go into, in any order.
struct SalvageBucket {
    /// Of a pack: which batches go into it, and which have.
    struct Pack {
        var primer: PrimerIdentifier?
        var range: ClosedRange<UInt64>
        var filed = SequenceSet()
    }

    /// Rows from this sequence on, up to the next bucket's, go here.
    let lower: UInt64
    var segment: SegmentRecord
    /// Rows in it.
    var count: UInt64
    var isChanged = true
    /// Nil where it takes rows.
    var pack: Pack?

    /// Whether a sequence is missing between its first and its last.
    var hasHoles: Bool { segment.last - segment.first + 1 != count }
}
