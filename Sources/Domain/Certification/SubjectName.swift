// SPDX-License-Identifier: Apache-2.0

/// A distinguished name of one part, as certificates of a fleet have them (RFC 5280 section 4.1.2.4).
enum SubjectName {
    static func der(commonName: String) -> [UInt8] {
        DER.sequence(
            DER.value(.set, DER.sequence(DER.identifier(.commonName), DER.text(commonName)))
        )
    }
}
