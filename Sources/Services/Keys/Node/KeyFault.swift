// SPDX-License-Identifier: Apache-2.0

/// Why a file with keys cannot be used.
package struct KeyFault: Error, Equatable, CustomStringConvertible {
    package var path: String
    /// What happened and what to do.
    package var reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(path): \(reason)" }
}
