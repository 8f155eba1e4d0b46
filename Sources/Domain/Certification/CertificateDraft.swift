// SPDX-License-Identifier: Apache-2.0

/// A certificate before it is signed (RFC 5280 section 4.1): of an authority, of its hub, or of a node.
package struct CertificateDraft: Sendable {
    /// What it is good for.
    package enum Purpose: Sendable {
        /// Signs certificates of nodes and hubs, and no other authority's.
        case authority
        /// Is shown by a server under these names.
        case hub([HostName])
        /// Is shown by the node of its subject.
        case node
    }

    package var serial: SerialNumber
    /// Common name.
    package var subject: String
    package var key: PublicKey
    package var purpose: Purpose
    /// Seconds since 1970, both included.
    package var validity: ClosedRange<Int64>

    package init(
        serial: SerialNumber,
        subject: String,
        key: PublicKey,
        purpose: Purpose,
        validity: ClosedRange<Int64>
    ) {
        self.serial = serial
        self.subject = subject
        self.key = key
        self.purpose = purpose
        self.validity = validity
    }

    /// DER, signed by an authority; nil signs with the key that the certificate is for.
    ///
    /// - Parameter sign: signs with the private key of `authority`; in DER.
    package func signed(by authority: Certificate?, sign: ([UInt8]) throws -> [UInt8]) rethrows -> [UInt8] {
        let body = DER.sequence(
            // Version 3 is the one with extensions.
            DER.value(.context(0), DER.integer([2])),
            DER.integer(serial.bytes),
            SignedBytes.algorithm,
            authority?.subjectName ?? SubjectName.der(commonName: subject),
            DER.sequence(CalendarTime.der(validity.lowerBound), CalendarTime.der(validity.upperBound)),
            SubjectName.der(commonName: subject),
            key.bytes,
            DER.value(.context(3), DER.value(.sequence, extensions(authority?.key)))
        )
        return try SignedBytes.make(body, sign: sign)
    }

    private func extensions(_ authority: PublicKey?) -> [UInt8] {
        let identifier = field(.subjectKeyIdentifier, DER.value(.octetString, key.identifier))
        // keyIdentifier is [0], primitive (RFC 5280 section 4.2.1.1).
        let issuer = authority.map { field(.authorityKeyIdentifier, DER.sequence(DER.value(0x80, $0.identifier))) }
        return rights + identifier + (issuer ?? [])
    }

    private var rights: [UInt8] {
        switch purpose {
        case .authority:
            // No further authority below it; keyCertSign and cRLSign, the bits 5 and 6.
            field(.basicConstraints, isCritical: true, DER.sequence(DER.yes, DER.integer([])))
                + field(.keyUsage, isCritical: true, DER.bits([0b0000_0110], unused: 1))
        case .hub(let names):
            leaf(.serverAuthentication, names.flatMap(\.generalName))
        case .node:
            leaf(.clientAuthentication, HostName.named(subject).generalName)
        }
    }

    private func leaf(_ usage: ObjectIdentifier, _ names: [UInt8]) -> [UInt8] {
        // digitalSignature, the bit 0: all that TLS 1.3 takes (RFC 8446 section 4.4.2.2).
        field(.basicConstraints, isCritical: true, DER.sequence())
            + field(.keyUsage, isCritical: true, DER.bits([0b1000_0000], unused: 7))
            + field(.extendedKeyUsage, DER.sequence(DER.identifier(usage)))
            + field(.alternativeName, DER.value(.sequence, names))
    }

    private func field(_ kind: ObjectIdentifier, isCritical: Bool = false, _ content: [UInt8]) -> [UInt8] {
        DER.sequence(DER.identifier(kind), isCritical ? DER.yes : [], DER.value(.octetString, content))
    }
}
