// SPDX-License-Identifier: Apache-2.0

import Certification
import Crypto

/// An authority and what it signs, in memory.
struct Fixture {
    let authorityKey = P256.Signing.PrivateKey()
    let nodeKey = P256.Signing.PrivateKey()
    let authority: Certificate

    init() throws {
        let draft = CertificateDraft(
            serial: SerialNumber(1, 2),
            subject: "Sluice CA",
            key: PublicKey(authorityKey.publicKey),
            purpose: .authority,
            validity: Self.start...Self.start + 3_650 * 86_400
        )
        guard let made = Certificate(try draft.signed(by: nil, sign: Self.signer(authorityKey))) else {
            throw Unreadable()
        }
        authority = made
    }

    /// 2026-11-18T11:06:40Z; openssl is told to judge by it.
    static let start = Int64(1_795_000_000)

    struct Unreadable: Error {}

    static func signer(_ key: P256.Signing.PrivateKey) -> ([UInt8]) throws -> [UInt8] {
        { Array(try key.signature(for: $0).derRepresentation) }
    }

    func request(_ node: String = "pump-7") throws -> [UInt8] {
        try CertificateRequest.make(node: node, key: PublicKey(nodeKey.publicKey), sign: Self.signer(nodeKey))
    }

    func certificate(
        _ purpose: CertificateDraft.Purpose,
        validity: ClosedRange<Int64> = start...start + 365 * 86_400
    ) throws -> [UInt8] {
        let draft = CertificateDraft(
            serial: SerialNumber(.max, 7),
            subject: "pump-7",
            key: PublicKey(nodeKey.publicKey),
            purpose: purpose,
            validity: validity
        )
        return try draft.signed(by: authority, sign: Self.signer(authorityKey))
    }
}
