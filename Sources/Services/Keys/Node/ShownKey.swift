// SPDX-License-Identifier: Apache-2.0

package import Provenance

/// A key that a node says is its own, and what it has signed with it.
package struct ShownKey: Sendable {
    package var key: VerifierKey
    package var signature: [UInt8]

    package init(_ key: VerifierKey, signature: [UInt8]) {
        self.key = key
        self.signature = signature
    }
}
