// SPDX-License-Identifier: Apache-2.0

package import Certification

/// A node's private key and the certificate for it.
package struct NodeIdentity: Sendable {
    package let key: SigningKey
    package let certificate: Certificate
}
