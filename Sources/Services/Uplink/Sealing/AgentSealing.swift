// SPDX-License-Identifier: Apache-2.0

package import Keys

/// What an agent needs to seal for its hubs.
package struct AgentSealing: Sendable {
    package var recipients: SealRecipients
    /// Signs the content keys.
    package var node: NodeKeys
    /// How long one content key is used.
    package var keyPeriod: Duration

    package init(recipients: SealRecipients, node: NodeKeys, keyPeriod: Duration = .seconds(3_600)) {
        self.recipients = recipients
        self.node = node
        self.keyPeriod = keyPeriod
    }
}
