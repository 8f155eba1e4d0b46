// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogTransaction {
    /// Does one piece of work.
    func apply(_ work: HubLogWork) throws(SQLiteError) -> Outcome {
        switch work {
        case .land(let key, let batch, let block, let range, _):
            return try land(key, batch: batch, block: block, range: range)
        case .gap(let node, let gap, _):
            return try record(node: node, gap)
        case .primer(let node, let primer, _):
            return try keep(primer, node: node)
        case .clock(let clock, let store, _):
            return try keep(clock, store: store)
        case .greet(let hello, _):
            return try greet(hello)
        case .ceiling(let key, let ceiling):
            return try raise(key, ceiling: ceiling)
        case .unreadable(let lane, let range):
            try recordUnreadable(range, lane: lane)
            return .none
        }
    }
}
