// SPDX-License-Identifier: Apache-2.0

/// What certificates and requests for them have in common: something, and an ECDSA signature of it.
///
/// ```
/// SEQUENCE { body SEQUENCE { ... }, AlgorithmIdentifier { ecdsa-with-SHA256 }, signature BIT STRING }
/// ```
/// (RFC 5280 section 4.1, RFC 2986 section 4.)
struct SignedBytes {
    static let algorithm = DER.sequence(DER.identifier(.ecdsaWithSHA256))

    /// With what says its kind and length: this is what is signed.
    let body: [UInt8]
    private let signature: [UInt8]

    /// Nil for another algorithm, and where anything follows.
    init?(_ bytes: [UInt8]) {
        var outer = DERReader(bytes[...])
        guard var whole = outer.enter(.sequence), outer.bytes.isEmpty, let body = whole.whole(.sequence),
            let algorithm = whole.whole(.sequence), Array(algorithm) == Self.algorithm,
            let bits = whole.enter(.bitString), whole.bytes.isEmpty, bits.bytes.first == 0
        else { return nil }
        self.body = Array(body)
        signature = Array(bits.bytes.dropFirst())
    }

    func isSigned(by key: PublicKey) -> Bool { key.isValid(signature, of: body) }

    /// - Parameter sign: makes a signature in DER.
    static func make(_ body: [UInt8], sign: ([UInt8]) throws -> [UInt8]) rethrows -> [UInt8] {
        DER.sequence(body, algorithm, DER.bits(try sign(body)))
    }
}
