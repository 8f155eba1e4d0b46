// SPDX-License-Identifier: Apache-2.0

/// The names of nodes that certificates are made for.
package enum NodeName {
    /// What is allowed, in words.
    package static let allowed = "1 to 64 characters out of letters, digits, . _ -"

    /// `SLUICE_NODE` may be twice as long, a common name may not (RFC 5280 appendix A, ub-common-name).
    package static func isAllowed(_ name: some StringProtocol) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
