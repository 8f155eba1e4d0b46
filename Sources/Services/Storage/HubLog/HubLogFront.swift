// SPDX-License-Identifier: Apache-2.0

import Events

/// Names what the openings of one store have in common: a partition of a node.
///
/// Lanes of later openings are newer. A node whose store was replaced counts from one again, so that stores are not compared.
struct HubLogFront: Hashable {
    var node: String
    var store: UInt64
    var partition: Partition
}

extension HubLogTransaction {
    /// Whether events of a later opening of the same store have landed in the lane's partition; notes that some of this one
    /// do now.
    func isPassed(_ lane: HubLogLane) throws(SQLiteError) -> Bool {
        guard let opening = lane.opening else { return false }
        let name = HubLogFront(node: lane.key.node, store: opening.store, partition: lane.key.lane.partition)
        let front: UInt64
        if let known = fronts[name] ?? cache.front(name) {
            front = known
        } else {
            front = try latestOpening(name, like: lane)
        }
        fronts[name] = max(front, opening.ordinal)
        return front > opening.ordinal
    }

    /// The place of an epoch among the openings of its store; nil before it was introduced.
    func opening(ofEpoch row: Int64) throws(SQLiteError) -> HubLogLane.Opening? {
        let select = try statements("SELECT ordinal, store FROM epochs WHERE id = ?")
        select.bind(row, at: 1)
        defer { select.reset() }
        guard try select.step(), select.unsigned(0) > 0 else { return nil }
        return HubLogLane.Opening(ordinal: select.unsigned(0), store: select.unsigned(1))
    }

    /// The last opening of which events had landed when this transaction began; 0 when there was none.
    private func latestOpening(_ front: HubLogFront, like lane: HubLogLane) throws(SQLiteError) -> UInt64 {
        let select = try statements(
            """
            SELECT max(epochs.ordinal) FROM epochs JOIN lanes ON lanes.epoch = epochs.id
            WHERE epochs.node = (SELECT node FROM epochs WHERE id = ?) AND epochs.store = ? AND lanes.partition = ?
                AND lanes.highest > 0
            """
        )
        select.bind(lane.epochID, at: 1)
        select.bind(front.store, at: 2)
        select.bind(Int64(front.partition.number), at: 3)
        defer { select.reset() }
        return try select.step() ? select.unsigned(0) : 0
    }
}
