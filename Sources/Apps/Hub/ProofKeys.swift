// SPDX-License-Identifier: Apache-2.0

package import Keys
import Notary
package import Provenance

/// The public keys of a hub and of the nodes that it knows, from its state directory.
package struct ProofKeys {
    /// The hub's own: what its proofs are checked with.
    package let hub: [VerifierKey]
    /// Those that nodes have shown.
    package let nodes: [VerifierKey]

    /// - Parameter hubID: as in the hub's log.
    package init(directory: String, hubID: UInt64) throws(KeyFault) {
        hub = HubSigner(try NodeKeys(directory: directory, makesNew: false), hub: hubID).keys
        nodes = try KnownNodes(path: directory + "/" + KnownNodes.fileName).all()
    }

    /// As `sluice verify` reads them.
    package var text: String {
        var lines = ["# proofs of this hub are checked with:"] + hub.map(\.text)
        if !nodes.isEmpty { lines += ["# nodes that this hub knows:"] + nodes.map(\.text) }
        return lines.map { $0 + "\n" }.joined()
    }
}
