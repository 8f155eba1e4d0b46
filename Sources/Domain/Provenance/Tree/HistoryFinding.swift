// SPDX-License-Identifier: Apache-2.0

package import Events

/// What of a log is not as it was signed.
package enum HistoryFinding: Sendable, Equatable {
    /// Events were taken out before this one; nil: at the end.
    ///
    /// - Parameter count: how many; where they are all that is missing of the lane before `next`, they are `first` and what
    ///   follows it.
    case missing(count: Int, first: EventIdentity?, next: EventIdentity?)
    /// The event is another than the one that was signed.
    case changed(EventIdentity)
    /// The event is in another place.
    case reordered(EventIdentity)
    /// The event was put in.
    case added(EventIdentity)
    /// The leaves between two events do not make the subtree that was signed.
    case altered(first: EventIdentity, last: EventIdentity)
    /// The log does not begin with the tree that was signed at this size: there are two histories.
    case forked(size: UInt64)
}
