// SPDX-License-Identifier: Apache-2.0

/// A certificate of a fleet: P-256 and SHA-256, read from DER (RFC 5280 section 4.1).
///
/// Whether it is to be trusted is TLS's business; this reads what else has to be known of it.
package struct Certificate: Sendable, Equatable {
    /// Larger ones are not looked at, in bytes.
    package static let maximumBytes = 8 << 10

    package let bytes: [UInt8]
    package let serial: SerialNumber
    /// The common name of who signed it; empty where it has none.
    package let issuer: String
    /// The name of the issuer as it stands, which is repeated in what that issues.
    let subjectName: [UInt8]
    /// Common name, DNS names, URIs.
    package let names: [String]
    /// Seconds since 1970, both included.
    package let validity: ClosedRange<Int64>
    package let key: PublicKey

    /// Nil for what is no certificate of this kind.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumBytes, let signed = SignedBytes(bytes) else { return nil }
        var outer = DERReader(signed.body[...])
        guard var fields = outer.enter(.sequence) else { return nil }
        _ = fields.enter(.context(0))
        guard let serial = fields.enter(.integer), let number = SerialNumber(serial.bytes),
            fields.enter(.sequence) != nil, let issuer = fields.enter(.sequence),
            let dates = fields.enter(.sequence), let validity = Self.validity(dates),
            let subject = fields.whole(.sequence), let info = fields.whole(.sequence), let key = PublicKey(info)
        else { return nil }
        self.bytes = bytes
        self.serial = number
        self.issuer = SubjectNames.commonName(of: issuer) ?? ""
        subjectName = Array(subject)
        names = SubjectNames.all(ofCertificate: bytes)
        self.validity = validity
        self.key = key
    }

    /// Whether `authority` has signed it.
    package func isSigned(by authority: PublicKey) -> Bool {
        SignedBytes(bytes)?.isSigned(by: authority) ?? false
    }

    private static func validity(_ dates: DERReader) -> ClosedRange<Int64>? {
        var dates = dates
        guard let first = dates.next(), let last = dates.next(),
            let start = CalendarTime.seconds(tag: first.tag, first.content),
            let end = CalendarTime.seconds(tag: last.tag, last.content), start <= end
        else { return nil }
        return start...end
    }
}
