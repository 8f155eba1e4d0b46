// SPDX-License-Identifier: Apache-2.0

/// The names that ASN.1 has for the things in certificates, as they are encoded.
struct ObjectIdentifier: Equatable {
    let bytes: [UInt8]

    /// 2.5.4.3.
    static let commonName = ObjectIdentifier(bytes: [0x55, 0x04, 0x03])
    /// 2.5.29.14 (RFC 5280 section 4.2.1.2).
    static let subjectKeyIdentifier = ObjectIdentifier(bytes: [0x55, 0x1D, 0x0E])
    /// 2.5.29.15 (RFC 5280 section 4.2.1.3).
    static let keyUsage = ObjectIdentifier(bytes: [0x55, 0x1D, 0x0F])
    /// 2.5.29.17 (RFC 5280 section 4.2.1.6).
    static let alternativeName = ObjectIdentifier(bytes: [0x55, 0x1D, 0x11])
    /// 2.5.29.19 (RFC 5280 section 4.2.1.9).
    static let basicConstraints = ObjectIdentifier(bytes: [0x55, 0x1D, 0x13])
    /// 2.5.29.35 (RFC 5280 section 4.2.1.1).
    static let authorityKeyIdentifier = ObjectIdentifier(bytes: [0x55, 0x1D, 0x23])
    /// 2.5.29.37 (RFC 5280 section 4.2.1.12).
    static let extendedKeyUsage = ObjectIdentifier(bytes: [0x55, 0x1D, 0x25])
    /// 1.3.6.1.5.5.7.3.1.
    static let serverAuthentication = ObjectIdentifier(bytes: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01])
    /// 1.3.6.1.5.5.7.3.2.
    static let clientAuthentication = ObjectIdentifier(bytes: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02])
    /// 1.2.840.10045.4.3.2 (RFC 5758 section 3.2).
    static let ecdsaWithSHA256 = ObjectIdentifier(bytes: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
}
