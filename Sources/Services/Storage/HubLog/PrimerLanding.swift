// SPDX-License-Identifier: Apache-2.0

/// What became of a primer that a node published.
package enum PrimerLanding: Sendable, Equatable {
    /// It is in the log, now or since before.
    case landed
    /// The node's primers that batches in the log name leave no room for it.
    case overQuota
}
