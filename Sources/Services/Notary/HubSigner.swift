// SPDX-License-Identifier: Apache-2.0

package import Keys
package import Provenance

/// A hub's keys under its name as a signer.
package struct HubSigner: Sendable {
    /// One of each kind that logs sign with, in their order.
    package let keys: [VerifierKey]
    private let secrets: NodeKeys

    /// - Parameter hub: its id.
    package init(_ secrets: NodeKeys, hub: UInt64) {
        self.secrets = secrets
        keys = LogSignatures.kinds.compactMap { secrets.verifierKey($0, name: LogOrigin.hub(hub)) }
    }

    func sign(_ checkpoint: Checkpoint) throws(NotaryFault) -> SignedNote {
        do {
            return try LogSignatures.sign(checkpoint, keys: keys) { kind, message in
                kind == .mlDSA65 ? try secrets.signPostQuantum(message) : try secrets.sign(message)
            }
        } catch {
            throw .signing(reason: "\(error)")
        }
    }
}
