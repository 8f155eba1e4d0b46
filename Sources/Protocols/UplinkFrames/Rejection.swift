// SPDX-License-Identifier: Apache-2.0

/// Why a hub cannot take the events of a range; the agent offers them once more, alone and raw, then gives them up.
///
/// ```
/// +-------+--------------+------------+------+
/// | first | last - first | reason (1) | text |
/// +-------+--------------+------------+------+
/// ```
package struct Rejection: Sendable, Equatable {
    /// The code; the number is what travels.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// The batch does not decode.
        case undecodable = 1
        /// Larger than the hub's limit.
        case tooLarge = 2
        /// Names a primer that the hub does not have.
        case primerWanted = 3
    }

    package var first: UInt64
    package var last: UInt64
    package var reason: Reason
    /// For the log.
    package var text: String

    package init(first: UInt64, last: UInt64, reason: Reason, text: String) {
        self.first = first
        self.last = last
        self.reason = reason
        self.text = text
    }
}
