// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// A batch of a pack that a checksum proves.
struct SalvagedBatch {
    var lane: Lane
    /// The events' numbers.
    var range: ClosedRange<UInt64>
    /// The batch as it is sent; valid only during the call that hands it over.
    var content: UnsafeRawBufferPointer
    /// The row as it is kept; as long as that.
    var body: UnsafeRawBufferPointer

    /// What it builds on; nil where it says something else than its row does.
    var header: BatchDecoder.Header? {
        guard let header = try? BatchDecoder().header(content.bytes), header.firstSequence == range.lowerBound,
            header.count == range.count
        else { return nil }
        return header
    }
}
