// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events

/// What is to be read from a lane and made into batches.
package struct BatchRequest: Sendable, Equatable {
    package enum Purpose: Sendable, Equatable {
        /// Full batches; the rest of the lane, too, if `flush`.
        case batches(flush: Bool)
        /// One batch for each event, after the hub refused them together.
        case alone
        /// The gap that takes the place of an event that was given up.
        case gap
    }

    package var lane: Lane
    package var from: UInt64
    /// Events after this one are not wanted; nil: as many as there are.
    package var through: UInt64?
    /// The last sequence of the lane, as far as is known.
    package var last: UInt64
    package var purpose: Purpose
    /// Whether it is for the historical stream of the lane.
    package var isHistorical = false
    /// Whether it is asked beside what others have asked: alarms, and live events, do not wait for a backlog to be encoded.
    package var isUrgent = false
    /// Counts the connections: an answer to an older one is of no use.
    package var generation: UInt64
    /// What batches may build on; those that go alone never do.
    package var primer: PrimerIdentifier?
    /// Encoded bytes after which it is enough.
    package var mostBytes = Int.max
    /// Primers that the batches of packs may name as they are.
    package var held: Set<PrimerIdentifier> = []
    /// Whether batches of packs that build on nothing may go as they are.
    package var takesPlainPacks = false
    /// Whether a primer is to be made, too, of what was sent lately.
    package var trains = false
}
