// SPDX-License-Identifier: Apache-2.0

/// Why something sealed is refused.
package enum SealFault: Error, Equatable, Sendable {
    /// A frame again, too early, or after one that is missing.
    case outOfOrder(counter: UInt64, expected: UInt64)
    /// It was not sealed with this connection's key, or was changed since.
    case forged
    /// A frame in plain where only sealed ones are taken.
    case plain
    /// A frame of the agreement on a key in a place where it makes no sense, or one that is none; in words.
    case misplaced(String)
    /// The content key is wrapped for others only.
    case notForUs
    /// The node's signature is not over this content key and this connection.
    case signature
    /// More frames than one key may seal.
    case worn
}

extension SealFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfOrder(let counter, let expected):
            "sealed frame \(counter) where \(expected) was next: one was sent again, swapped, or is missing"
        case .forged: "a sealed frame that was changed on its way, or sealed by somebody else"
        case .plain: "a frame in plain where only sealed ones are taken"
        case .misplaced(let text): text
        case .notForUs: "a content key that none of this hub's sealing keys opens"
        case .signature: "a content key with a signature that is not over it and this connection"
        case .worn: "more than \(SealingKey.limit) frames under one key"
        }
    }
}
