// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// A public key and the name of whoever signs with it, as text that people can exchange.
///
/// The form is that of https://c2sp.org/signed-note, "Verifier keys":
///
/// ```
/// <name> + <key ID, 8 hexadecimal digits> + base64(<kind> || <public key>)
/// key ID = SHA-256(<name> || 0x0A || <kind> || <public key>)[:4]
/// ```
package struct VerifierKey: Sendable, Hashable {
    /// A name's longest form in bytes; what a cosigned message can carry (https://c2sp.org/tlog-cosignature).
    package static let maximumNameLength = 255

    /// Who signs.
    package let name: String
    package let kind: SignatureKind
    /// The public key alone, as long as ``SignatureKind/keyLength`` says.
    package let bytes: [UInt8]
    /// What a signature line names the key by, beside its name.
    package let id: UInt32

    /// Nil where the name or the length of the key is not allowed.
    package init?(name: String, kind: SignatureKind, bytes: [UInt8]) {
        guard Self.isName(name), bytes.count == kind.keyLength else { return nil }
        self.name = name
        self.kind = kind
        self.bytes = bytes
        let digest = SHA256.hash(data: Array(name.utf8) + [0x0A] + kind.identifier + bytes)
        id = digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads a key's text; nil for anything but the one form that ``text`` has.
    package init?(text: some StringProtocol) {
        // By bytes: a name may end in a scalar that makes one Character of itself and the + behind it.
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 3, parts[2].utf8.count <= Self.maximumBase64Length,
            let data = Data(base64Encoded: parts[2])
        else { return nil }
        let all = Array(data)
        guard let kind = SignatureKind.allCases.first(where: { all.starts(with: $0.identifier) }) else { return nil }
        self.init(name: parts[0], kind: kind, bytes: Array(all.dropFirst(kind.identifier.count)))
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// The key as it stands in files: one line without its end.
    package var text: String {
        "\(name)+\(NoteText.hexadecimal(id))+\(Data(kind.identifier + bytes).base64EncodedString())"
    }

    /// Whether `signature` is this key's over the text of a note, or over other bytes that cannot be one.
    ///
    /// A note's text has no control characters but line ends, so that what begins with another one cannot be one.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == kind.signatureLength else { return false }
        switch kind {
        case .ed25519:
            return isEd25519(signature, of: message)
        case .cosignature:
            let time = signature.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            guard let cosigned = NoteText.cosigned(message, at: time) else { return false }
            return isEd25519(Array(signature.dropFirst(8)), of: cosigned)
        case .mlDSA65:
            guard let key = try? MLDSA65.PublicKey(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(signature, for: message)
        }
    }

    private func isEd25519(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: message)
    }

    /// No Unicode spaces and no plus, as the specification has it, and nothing that cannot stand in a note.
    static func isName(_ name: some StringProtocol) -> Bool {
        (1...maximumNameLength).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "+" && !$0.properties.isWhitespace }
    }

    /// What the longest kind of key takes.
    private static let maximumBase64Length = 4 * (32 + 1_952)
}
