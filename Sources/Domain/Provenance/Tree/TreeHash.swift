// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The hash of a leaf, or of a subtree, of a Merkle tree (RFC 6962 section 2.1; RFC 9162 section 2.1.1 has the same).
package struct TreeHash: Sendable, Hashable {
    /// Bytes of SHA-256.
    package static let length = 32
    /// The root of a tree without leaves.
    package static let empty = TreeHash(SHA256.hash(data: [UInt8]()))

    /// What leaves are told from nodes by.
    package static let leafPrefix: UInt8 = 0x00

    // No array: a hub makes two of these for every event that lands.
    private let words: SIMD4<UInt64>

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// Nil unless there are ``length`` bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    package var bytes: [UInt8] {
        withUnsafeBytes(of: words) { Array($0) }
    }

    /// The hash of a leaf with these bytes: SHA-256(0x00 || bytes).
    package static func leaf(_ bytes: [UInt8]) -> TreeHash { leaf(prefixed: [leafPrefix] + bytes) }

    /// The hash of a leaf whose bytes stand behind ``leafPrefix`` already.
    package static func leaf(prefixed bytes: [UInt8]) -> TreeHash {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return TreeHash(hash.finalize())
    }

    /// The hash over two subtrees: SHA-256(0x01 || left || right).
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * length, alignment: 1) { buffer in
            buffer.storeBytes(of: 0x01, as: UInt8.self)
            buffer.storeBytes(of: left.words, toByteOffset: 1, as: SIMD4<UInt64>.self)
            buffer.storeBytes(of: right.words, toByteOffset: 1 + length, as: SIMD4<UInt64>.self)
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return TreeHash(hash.finalize())
        }
    }
}
