// SPDX-License-Identifier: Apache-2.0

/// What leaves first after an outage.
package enum DrainOrder: String, Sendable, Equatable {
    /// Each lane in its order: what comes waits behind what has piled up.
    case ordered
    /// What comes leaves beside what has piled up: each lane has two streams, and each of them its order.
    case liveFirst = "live-first"
}
