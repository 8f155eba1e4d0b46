// SPDX-License-Identifier: Apache-2.0

/// Why a connection ends, in a code for the program and words for the user.
///
/// ```
/// +------------+------+
/// | reason (1) | text |
/// +------------+------+
/// ```
package struct Bye: Sendable, Equatable {
    /// The code; the number is what travels.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// Shutting down or moving on; come back.
        case closing = 1
        /// A frame that makes no sense.
        case protocolFault = 2
        /// Another live agent uses this node name.
        case nodeNameInUse = 3
        /// A newer connection of the same agent took over.
        case superseded = 4
        /// A frame version that the other side does not speak.
        case versionUnsupported = 5
        /// The hub has no room, in connections or on disk.
        case overloaded = 6
        /// The certificate does not entitle this agent to what it asks for.
        case notAuthorised = 7
        /// Something sealed that is not what it should be; said only to agents that asked for sealing.
        case sealRefused = 8
    }

    package var reason: Reason
    package var text: String

    package init(reason: Reason, text: String) {
        self.reason = reason
        self.text = text
    }
}
