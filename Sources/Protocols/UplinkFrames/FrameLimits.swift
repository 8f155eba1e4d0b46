// SPDX-License-Identifier: Apache-2.0

/// What a frame may hold at most: every length is held against these before it is trusted.
package enum FrameLimits {
    /// Bytes of one encoded frame, whether it came whole or in parts.
    package static let frameBytes = 2 << 20
    /// Lanes in ``Hello`` and in ``Welcome``.
    package static let lanes = 4_096
    /// Primers named in ``Hello`` and in ``Welcome``.
    package static let primers = 8
    /// Sealing keys in ``SealOffer`` and recipients in ``ContentKeyNotice``.
    package static let sealingKeys = 8
    /// UTF-8 bytes of a text.
    package static let textBytes = 1_024
}
