// SPDX-License-Identifier: Apache-2.0

package import Events

/// What lies in a lane at a sequence.
package enum LaneSlice: Sendable {
    /// Consecutive events, the first at the sequence that was asked for.
    case events(EventBlock)
    /// Events that were given up; the first sequence is at or before the one that was asked for.
    case gap(Gap)
    /// Nothing has been given that sequence yet.
    case end
    /// The store could not be read; try again later.
    case failed(StoreError)
}
