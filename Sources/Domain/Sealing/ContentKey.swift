// SPDX-License-Identifier: Apache-2.0

package import Crypto

/// The secret of one key period, from which both directions' keys are derived; it is in memory only.
package struct ContentKey: Sendable {
    /// Bytes of it.
    package static let bytes = 32

    package let secret: SymmetricKey

    /// - Parameter secret: ``bytes`` bytes that nobody can foresee; they are wiped when nobody holds them any more.
    package init(_ secret: SymmetricKey) {
        self.secret = secret
    }
}
