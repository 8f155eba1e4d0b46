// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a frame.
package enum FrameFault: Error, Equatable, Sendable {
    case malformed(String)
    case unsupported(String)
    case tooLarge(String)
}
