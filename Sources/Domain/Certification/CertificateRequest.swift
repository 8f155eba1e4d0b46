// SPDX-License-Identifier: Apache-2.0

/// What a node asks an authority with: its name and its public key, signed with the private one (PKCS#10, RFC 2986).
///
/// ```
/// SEQUENCE {                                        CertificationRequest
///   SEQUENCE {                                      CertificationRequestInfo
///     INTEGER 0                                     version
///     SEQUENCE { SET { SEQUENCE { commonName, UTF8String node } } }
///     SEQUENCE { ... }                              SubjectPublicKeyInfo, P-256
///     [0] { }                                       attributes: none are written, all are passed over
///   }
///   SEQUENCE { ecdsa-with-SHA256 }
///   BIT STRING                                      signature of the second SEQUENCE
/// }
/// ```
package struct CertificateRequest: Sendable {
    /// Larger ones are not looked at, in bytes.
    package static let maximumBytes = 8 << 10

    /// Why a request is no ground for a certificate; `description` says what to do.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case malformed
        case otherKey
        case badSignature
        case badName

        package var description: String {
            switch self {
            case .malformed: "this is no certificate request (PKCS#10): `sluice keys csr` makes one"
            case .otherKey:
                "its key is not of the curve P-256, or it is not signed with SHA-256: `sluice keys csr` makes one that is"
            case .badSignature: "its signature is not of the key in it: it was damaged or changed on the way"
            case .badName: "its common name is no node's: \(NodeName.allowed)"
            }
        }
    }

    package let node: String
    package let key: PublicKey

    /// Reads and checks DER.
    package init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.maximumBytes else { throw .malformed }
        var outer = DERReader(bytes[...])
        guard var whole = outer.enter(.sequence), var information = whole.enter(.sequence),
            let version = information.enter(.integer), Array(version.bytes) == [0],
            let subject = information.enter(.sequence), let key = information.whole(.sequence)
        else { throw .malformed }
        guard let key = PublicKey(key), let signed = SignedBytes(bytes) else { throw .otherKey }
        guard signed.isSigned(by: key) else { throw .badSignature }
        guard let node = SubjectNames.commonName(of: subject), NodeName.isAllowed(node) else { throw .badName }
        self.node = node
        self.key = key
    }

    /// Writes DER.
    ///
    /// - Parameters:
    ///   - node: one that ``NodeName`` allows.
    ///   - sign: signs with the key's private half; in DER.
    package static func make(node: String, key: PublicKey, sign: ([UInt8]) throws -> [UInt8]) rethrows -> [UInt8] {
        let information = DER.sequence(
            DER.integer([]),
            SubjectName.der(commonName: node),
            key.bytes,
            DER.value(.context(0), [])
        )
        return try SignedBytes.make(information, sign: sign)
    }
}
