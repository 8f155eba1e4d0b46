// SPDX-License-Identifier: Apache-2.0

package import Events

/// What of a pack may be sent, and how.
package enum PackSlice: Sendable {
    /// Consecutive batches as they are, the first beginning at the sequence that was asked for.
    case batches([PackedBatch])
    /// What is wanted of a batch that is not wanted whole, to be encoded anew; the next batch can go as it is.
    case events(EventBlock)
}
