// SPDX-License-Identifier: Apache-2.0

package import Sealing

/// A new content key, for each recipient, and the signature of the node that made it.
///
/// ```
/// +-----------------+------------+---------------+----------------+
/// | recipient count | recipients | node key (32) | signature (64) |
/// +-----------------+------------+---------------+----------------+
/// recipient:
/// +---------------+-------------------------+--------------------------+
/// | recipient (8) | encapsulated key (1120) | wrapped content key (48) |
/// +---------------+-------------------------+--------------------------+
/// ```
/// The signature is Ed25519 (RFC 8032), over `SealTranscript.signed` with this frame but for the signature in it.
package struct ContentKeyNotice: Sendable, Equatable {
    /// Bytes of ``nodeKey``.
    package static let nodeKeyBytes = 32
    /// Bytes of ``signature``.
    package static let signatureBytes = 64

    package var recipients: [WrappedKey]
    /// The public key that the signature is by; whose it is follows from hello, which is sealed.
    package var nodeKey: [UInt8]
    package var signature: [UInt8]

    package init(recipients: [WrappedKey], nodeKey: [UInt8], signature: [UInt8] = []) {
        self.recipients = recipients
        self.nodeKey = nodeKey
        self.signature = signature
    }

    /// The frame's type and body, but for the signature.
    package var unsigned: [UInt8] {
        var notice = self
        notice.signature = []
        return Frame.contentKey(notice).content
    }
}
