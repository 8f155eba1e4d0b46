// SPDX-License-Identifier: Apache-2.0

import Events
import Startup
package import Storage

/// Prints events of a store in the columns of the hub's export.
package struct StoreExport {
    /// Written at once: large writes are cheap, and memory stays small.
    private static let chunk = 256 << 10

    package private(set) var events: UInt64 = 0
    /// Events that could not be read, and were given up for that.
    package private(set) var unreadable: UInt64 = 0
    private var rows = EventRows(reserving: 1 << 19)
    private let write: ([UInt8]) throws -> Void

    package init(write: @escaping ([UInt8]) throws -> Void) {
        self.write = write
    }

    /// Prints what waits.
    package mutating func run(_ view: StoreView) throws {
        try view.read { piece in
            switch piece {
            case .events(let events): try add(events)
            case .gap(let gap) where gap.reason == .unreadable: unreadable += gap.count
            case .gap: break
            }
        }
        try flush()
    }

    /// Prints what can be found in a damaged file.
    package mutating func run(_ view: DamagedStoreView) throws {
        try view.read { try add($0) }
        try flush()
    }

    private mutating func add(_ found: StoreView.Events) throws {
        events += UInt64(found.block.count)
        rows.append(found.block, head: EventRows.head(node: found.node, lane: found.lane), clock: found.clock)
        if rows.count >= Self.chunk { try flush() }
    }

    private mutating func flush() throws {
        try write(rows.bytes)
        rows.removeAll()
    }
}
