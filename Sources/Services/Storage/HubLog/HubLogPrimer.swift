// SPDX-License-Identifier: Apache-2.0

package import Batching

/// A primer as a node published it.
package struct HubLogPrimer: Sendable {
    package var node: String
    package var identifier: PrimerIdentifier
    package var bytes: [UInt8]
}
