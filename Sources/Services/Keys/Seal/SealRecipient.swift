// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import Sealing

/// Somebody to seal for: the public half of a hub's sealing key.
///
/// Its text is one line, as ``SealKeys`` prints it and ``SealRecipients`` reads it:
/// ```
/// sluice-seal-1 <base64 of the public key, 1,216 bytes> <name>
/// ```
package struct SealRecipient: Sendable {
    /// What a line begins with; the number is that of the scheme.
    static let word = "sluice-seal-1"
    /// X-Wing, HKDF-SHA-256 and AES-256-GCM.
    static let suite = HPKE.Ciphersuite.XWingMLKEM768X25519_SHA256_AES_GCM_256

    /// For people.
    package let name: String
    /// How frames name it: the first eight bytes of the SHA-256 of the public key, big-endian.
    package let identifier: UInt64
    private let key: XWingMLKEM768X25519.PublicKey

    init(_ key: XWingMLKEM768X25519.PublicKey, name: String) {
        self.name = name
        self.key = key
        identifier = SHA256.hash(data: key.rawRepresentation).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Nil where the line is none of this form.
    package init?(line: some StringProtocol) {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 3, words[0] == Self.word, let bytes = Data(base64Encoded: String(words[1])),
            let key = try? XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes)
        else { return nil }
        self.init(key, name: String(words[2]))
    }

    /// ``identifier`` as people see it: 16 hexadecimal digits.
    package var identifierText: String {
        let digits = String(identifier, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The line without its end.
    package var line: String { "\(Self.word) \(key.rawRepresentation.base64EncodedString()) \(name)" }

    /// Wraps a content key so that only this recipient opens it, and only in the conversation of `transcript`.
    package func wrap(_ contentKey: ContentKey, _ transcript: SealTranscript) throws -> WrappedKey {
        var sender = try HPKE.Sender(
            recipientKey: key,
            ciphersuite: Self.suite,
            info: Data(transcript.wrapping)
        )
        let sealed = try contentKey.secret.withUnsafeBytes { try sender.seal($0) }
        return WrappedKey(recipient: identifier, encapsulated: Array(sender.encapsulatedKey), sealed: Array(sealed))
    }
}
