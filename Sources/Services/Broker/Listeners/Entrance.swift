// SPDX-License-Identifier: Apache-2.0

/// What a listener knows of all who come in by it.
struct Entrance: Sendable {
    /// Whether clients may come in without saying who they are.
    var allowsAnonymous: Bool
    /// Clients have shown a certificate, and the name in it is their user name.
    var usesCertificates = false
}
