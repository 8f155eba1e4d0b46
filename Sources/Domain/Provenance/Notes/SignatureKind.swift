// SPDX-License-Identifier: Apache-2.0

/// How a note is signed (https://c2sp.org/signed-note, "Signature types").
package enum SignatureKind: Sendable, CaseIterable {
    /// Ed25519 over the note's text (RFC 8032).
    case ed25519
    /// A witness's Ed25519 over the time and the note's text (https://c2sp.org/tlog-cosignature).
    case cosignature
    /// ML-DSA-65 over the note's text (FIPS 204, with an empty context): what holds when Ed25519 no longer does.
    case mlDSA65

    /// What tells the kinds apart in verifier keys and key IDs.
    ///
    /// No byte is assigned to ML-DSA-65; for such kinds the specification has 0xFF and a longer name.
    var identifier: [UInt8] {
        switch self {
        case .ed25519: [0x01]
        case .cosignature: [0x04]
        case .mlDSA65: [0xFF] + Array("sluice/ml-dsa-65".utf8)
        }
    }

    /// Bytes of a public key.
    package var keyLength: Int {
        switch self {
        case .ed25519, .cosignature: 32
        case .mlDSA65: 1_952
        }
    }

    /// Bytes of a signature; a cosignature begins with eight bytes of time.
    package var signatureLength: Int {
        switch self {
        case .ed25519: 64
        case .cosignature: 8 + 64
        case .mlDSA65: 3_309
        }
    }

    /// The word for people.
    package var name: String {
        switch self {
        case .ed25519: "Ed25519"
        case .cosignature: "Ed25519 witness"
        case .mlDSA65: "ML-DSA-65"
        }
    }
}
