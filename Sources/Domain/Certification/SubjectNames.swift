// SPDX-License-Identifier: Apache-2.0

/// The names that a certificate is for (RFC 5280 section 4.1).
///
/// Of anybody's certificate, which somebody else has verified; what is not understood is passed over.
package enum SubjectNames {
    /// The common name, if there is one, then the DNS names and URIs.
    package static func all(ofCertificate certificate: [UInt8]) -> [String] {
        var outer = DERReader(certificate[...])
        guard var whole = outer.enter(.sequence), var signed = whole.enter(.sequence) else { return [] }
        // Version, which may be absent, serial number, algorithm, issuer, validity.
        _ = signed.enter(.context(0))
        for tag in [DERReader.Tag.integer, .sequence, .sequence, .sequence] where signed.enter(tag) == nil {
            return []
        }
        guard let subject = signed.enter(.sequence) else { return [] }
        let common = commonName(of: subject)
        return [common].compactMap(\.self) + alternatives(signed).filter { $0 != common }
    }

    /// The last is the most specific one.
    static func commonName(of names: DERReader) -> String? {
        var names = names
        var found: String?
        while var relative = names.enter(.set) {
            while var pair = relative.enter(.sequence) {
                guard let kind = pair.enter(.objectIdentifier), isSame(kind, .commonName) else { continue }
                if let value = pair.next(), [0x0C, 0x13, 0x16].contains(value.tag) { found = text(value.content) }
            }
        }
        return found
    }

    /// In the extensions, which follow the public key and two fields that nobody uses.
    private static func alternatives(_ rest: DERReader) -> [String] {
        var rest = rest
        while let field = rest.next() {
            guard field.tag == DERReader.Tag.context(3).rawValue else { continue }
            var wrapper = DERReader(field.content)
            guard var extensions = wrapper.enter(.sequence) else { return [] }
            while var item = extensions.enter(.sequence) {
                guard let kind = item.enter(.objectIdentifier), isSame(kind, .alternativeName) else { continue }
                _ = item.enter(.boolean)
                guard var octets = item.enter(.octetString), let names = octets.enter(.sequence) else { return [] }
                return texts(names)
            }
        }
        return []
    }

    private static func isSame(_ kind: DERReader, _ identifier: ObjectIdentifier) -> Bool {
        kind.bytes.elementsEqual(identifier.bytes)
    }

    /// dNSName is [2], uniformResourceIdentifier is [6] (RFC 5280 section 4.2.1.6).
    private static func texts(_ names: DERReader) -> [String] {
        var names = names
        var found: [String] = []
        while let name = names.next() {
            if [0x82, 0x86].contains(name.tag), let text = text(name.content) { found.append(text) }
        }
        return found
    }

    /// Nil for what would be no name in rules and logs; unlike in a password file, a URI's colons are.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard (1...1_024).contains(bytes.count), let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { return nil }
        return text
    }
}
