// SPDX-License-Identifier: Apache-2.0

import Events

/// One opening of the store, as its row says.
struct EpochRecord: Sendable, Equatable {
    var epoch: Epoch
    /// The node's name in this epoch.
    var node: String
    /// What decided the lane of a topic.
    var fingerprint: String
}
