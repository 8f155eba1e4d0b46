// SPDX-License-Identifier: Apache-2.0

import Events

/// What the log knows of one lane: its row, and its landed set.
struct HubLogLane {
    /// Names a lane of a node.
    struct Key: Hashable {
        var node: String
        var lane: Lane
    }

    /// Where its epoch stands among the openings of its store.
    struct Opening: Hashable {
        var ordinal: UInt64
        var store: UInt64
    }

    var id: Int64
    var key: Key
    /// Row of the epoch.
    var epochID: Int64
    /// Nil before the node introduced the epoch.
    var opening: Opening?
    /// All that has landed or is a gap.
    var landed: SequenceSet
    /// The highest sequence that landed as an event.
    var highest: UInt64
    var events: UInt64
    /// The highest `last` that the node has named.
    var last: UInt64
    /// The highest ceiling that the node has named.
    var ceiling: UInt64
    /// Complete, or its loss is recorded: a comparison with the node has nothing more to say about it.
    var closed: Bool
    var landedMilliseconds: Int64
}
