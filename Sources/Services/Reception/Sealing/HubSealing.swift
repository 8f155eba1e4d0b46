// SPDX-License-Identifier: Apache-2.0

package import Keys
import Provenance

/// What a hub needs to open what its agents seal.
package struct HubSealing: Sendable {
    package var keys: SealKeys
    /// Who signs the content keys of which node.
    package var nodes: KnownNodes
    /// Whether agents that do not seal are turned away.
    package var isRequired: Bool

    package init(keys: SealKeys, nodes: KnownNodes, isRequired: Bool = false) {
        self.keys = keys
        self.nodes = nodes
        self.isRequired = isRequired
    }

    /// Whether whoever signed a connection's content key is all of these nodes; those that nobody knows yet are learned.
    func verify(_ proof: HubSeal.Proof, nodes names: [String]) throws(KnownNodeFault) {
        for name in names {
            guard let key = VerifierKey(name: name, kind: .ed25519, bytes: proof.nodeKey) else {
                throw .badSignature(node: name)
            }
            try nodes.verify([ShownKey(key, signature: proof.signature)], of: proof.signed)
        }
    }
}
