// SPDX-License-Identifier: Apache-2.0

package import Events

/// What one connection hands to the log, in the order in which it came.
package struct LandingOrder: Sendable {
    package enum Work: Sendable {
        case batch(bytes: [UInt8], block: EventBlock)
        case gap(Gap)
    }

    /// Counts up within the connection.
    package var ticket: UInt64
    package var handle: UInt32
    /// The node name of the lane's epoch.
    package var node: String
    package var lane: Lane
    package var work: Work
    /// Bytes that count against the agent's credit until this has landed.
    package var cost: UInt64

    /// Bytes that it holds in memory.
    package var weight: Int {
        switch work {
        case .batch(let bytes, let block): bytes.count + block.byteCount + block.count * 40
        case .gap: 0
        }
    }
}

extension LandingOrder: Equatable {
    /// By what was received: the block is what the bytes decode to.
    package static func == (left: LandingOrder, right: LandingOrder) -> Bool {
        guard left.ticket == right.ticket, left.handle == right.handle, left.node == right.node,
            left.lane == right.lane, left.cost == right.cost
        else { return false }
        return switch (left.work, right.work) {
        case (.batch(let one, _), .batch(let other, _)): one == other
        case (.gap(let one), .gap(let other)): one == other
        default: false
        }
    }
}
