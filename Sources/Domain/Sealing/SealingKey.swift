// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// One direction's key, and the counter of the frames that it has sealed.
///
/// Not to be copied: a copy would seal another frame with the same counter, and AES-GCM then gives both away, and its
/// authentication key with them (Joux, Authentication Failures in NIST version of GCM, 2006). Nor is it ever written
/// down: a store that is restored, or a program that starts again, can but take a new one.
package struct SealingKey: ~Copyable, Sendable {
    /// Frames that one key may seal: RFC 8446 section 5.5 stops AES-GCM after 2^24.5 full records.
    package static let limit: UInt64 = 1 << 24
    /// Bytes that sealing adds to a frame's type and body, before the header around it.
    package static let tagBytes = 16

    private let key: SymmetricKey
    /// That of the next frame.
    package private(set) var counter: UInt64 = 0

    init(_ key: SymmetricKey) {
        self.key = key
    }

    /// Seals the next frame.
    ///
    /// - Returns: the ciphertext and its tag.
    package mutating func seal(_ frame: [UInt8]) throws(SealFault) -> [UInt8] {
        guard counter < Self.limit else { throw .worn }
        do {
            let box = try AES.GCM.seal(frame, using: key, nonce: SealNonce.make(counter))
            counter += 1
            var sealed: [UInt8] = []
            sealed.reserveCapacity(frame.count + Self.tagBytes)
            sealed += box.ciphertext
            sealed += box.tag
            return sealed
        } catch {
            // BoringSSL fails for a key or a nonce of a wrong length only.
            throw .worn
        }
    }
}
