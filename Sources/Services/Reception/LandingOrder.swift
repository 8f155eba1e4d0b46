// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
package import Storage

/// What one connection hands to the log, in the order in which it came.
package struct LandingOrder: Sendable {
    package enum Work: Sendable {
        case batch(handle: UInt32, Lane, bytes: [UInt8], block: EventBlock)
        case gap(handle: UInt32, Gap)
        case primer(Primer)
        /// - store: the one that the agent has open.
        case clock(ClockAnnouncement, store: UInt64)
    }

    /// Counts up within the connection.
    package var ticket: UInt64
    /// The node name of the lane's epoch, or of the agent whose primer it is.
    package var node: String
    package var work: Work
    /// Bytes that count against the agent's credit until this has landed.
    package var cost: UInt64

    /// Bytes that it holds in memory.
    package var weight: Int {
        switch work {
        case .batch(_, _, let bytes, let block): bytes.count + block.byteCount + block.count * 40
        case .primer(let primer): primer.bytes.count
        case .clock(let clock, _): clock.record.places.count * 16
        case .gap: 0
        }
    }
}

extension LandingOrder: Equatable {
    /// By what was received: the block is what the bytes decode to.
    package static func == (left: LandingOrder, right: LandingOrder) -> Bool {
        guard left.ticket == right.ticket, left.node == right.node, left.cost == right.cost else { return false }
        return switch (left.work, right.work) {
        case (.batch(let handle, let lane, let bytes, _), .batch(let otherHandle, let otherLane, let otherBytes, _)):
            handle == otherHandle && lane == otherLane && bytes == otherBytes
        case (.gap(let handle, let gap), .gap(let otherHandle, let otherGap)): handle == otherHandle && gap == otherGap
        case (.primer(let one), .primer(let other)): one.identifier == other.identifier
        case (.clock(let clock, let store), .clock(let other, let otherStore)): clock == other && store == otherStore
        default: false
        }
    }
}
