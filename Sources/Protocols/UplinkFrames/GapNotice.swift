// SPDX-License-Identifier: Apache-2.0

package import Events

/// A gap as it travels; the lane is the frame's handle.
///
/// ```
/// +-------+--------------+------------+--------------------+
/// | first | last - first | reason (1) | end known (1): 0/1 |
/// +-------+--------------+------------+--------------------+
/// ```
package struct GapNotice: Sendable, Equatable {
    package var first: UInt64
    package var last: UInt64
    package var reason: Gap.Reason
    package var endKnown: Bool

    package init(first: UInt64, last: UInt64, reason: Gap.Reason, endKnown: Bool) {
        self.first = first
        self.last = last
        self.reason = reason
        self.endKnown = endKnown
    }
}
