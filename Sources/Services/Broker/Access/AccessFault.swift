// SPDX-License-Identifier: Apache-2.0

/// Why a file that says who may do what cannot be used; the text names file, line and what is allowed.
package enum AccessFault: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case malformed(path: String, line: Int, text: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .malformed(let path, let line, let text): "\(path), line \(line): \(text)"
        }
    }
}
