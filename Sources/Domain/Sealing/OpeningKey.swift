// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// The other side's key of one direction, and the counter of the frame that comes next.
///
/// The transport keeps the order, so that any other counter than the next one is somebody's doing.
package struct OpeningKey: ~Copyable, Sendable {
    private let key: SymmetricKey
    /// That of the next frame.
    package private(set) var counter: UInt64 = 0

    init(_ key: SymmetricKey) {
        self.key = key
    }

    /// Opens the next frame; what is refused changes nothing.
    ///
    /// - Parameter sealed: the ciphertext and its tag.
    package mutating func open(_ sealed: [UInt8], counter: UInt64) throws(SealFault) -> [UInt8] {
        guard counter == self.counter else { throw .outOfOrder(counter: counter, expected: self.counter) }
        guard counter < SealingKey.limit else { throw .worn }
        guard sealed.count >= SealingKey.tagBytes else { throw .forged }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: SealNonce.make(counter),
                ciphertext: sealed.dropLast(SealingKey.tagBytes),
                tag: sealed.suffix(SealingKey.tagBytes)
            )
            let frame = Array(try AES.GCM.open(box, using: key))
            self.counter += 1
            return frame
        } catch {
            throw .forged
        }
    }
}
