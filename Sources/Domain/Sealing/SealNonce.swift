// SPDX-License-Identifier: Apache-2.0

import Crypto

/// What no two frames under one key have in common (NIST SP 800-38D section 8).
enum SealNonce {
    /// The counter as 96 bits, big-endian: never the same twice as long as the counter only goes up.
    static func make(_ counter: UInt64) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        withUnsafeBytes(of: counter.bigEndian) { bytes.replaceSubrange(4..., with: $0) }
        return try AES.GCM.Nonce(data: bytes)
    }
}
