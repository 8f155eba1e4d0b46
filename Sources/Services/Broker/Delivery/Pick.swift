// SPDX-License-Identifier: Apache-2.0

import MQTT

/// One event of a block that goes to one subscriber.
struct Pick: Sendable, Equatable {
    var index: Int
    /// Highest that the subscriber's matching filters were granted.
    var qualityOfService: QualityOfService
    var retainAsPublished: Bool
    /// Subscription identifiers of those filters.
    var identifiers: [UInt32] = []
    /// Whether it is sent because it is retained, and not because it was published just now.
    var isRetained = false
}
