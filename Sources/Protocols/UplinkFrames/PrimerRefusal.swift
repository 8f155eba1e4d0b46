// SPDX-License-Identifier: Apache-2.0

/// Why a hub does not keep a primer; the agent goes on without it.
///
/// ```
/// +------------+------+
/// | reason (1) | text |
/// +------------+------+
/// ```
package struct PrimerRefusal: Sendable, Equatable {
    /// The code; the number is what travels.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// Does not open, or is not what its identifier says.
        case damaged = 1
        /// The hub keeps as many bytes of this node's primers as it will, and needs them all.
        case quota = 2
        /// The hub takes no primers, or none of this size.
        case off = 3
    }

    package var reason: Reason
    /// For the log.
    package var text: String

    package init(reason: Reason, text: String) {
        self.reason = reason
        self.text = text
    }
}
