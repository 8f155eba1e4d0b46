// SPDX-License-Identifier: Apache-2.0

import Events

/// Whose lane the rows of the log with a lane's id are of; a row of the table `identities`.
///
/// A second copy of what `lanes`, `epochs` and `nodes` say together. Rows name their lane by an id alone, so one damaged
/// page there could give the events of one node to another; here a checksum decides.
struct HubLogIdentity: Sendable, Equatable {
    /// Id in `lanes`.
    var laneID: Int64
    var key: HubLogLane.Key

    /// What the tables say together that it is a copy of.
    static let query = """
        SELECT lanes.id, nodes.name, epochs.epoch, lanes.partition
        FROM lanes JOIN epochs ON epochs.id = lanes.epoch JOIN nodes ON nodes.id = epochs.node
        """

    init(laneID: Int64, key: HubLogLane.Key) {
        self.laneID = laneID
        self.key = key
    }

    /// Reads the row that a statement of ``query`` stands on.
    init(_ row: SQLiteStatement) {
        laneID = row.integer(0)
        let partition = Partition(number: UInt32(truncatingIfNeeded: row.integer(3)))
        key = HubLogLane.Key(node: row.text(1), lane: Lane(epoch: row.unsigned(2), partition: partition))
    }

    /// Detects damage.
    var checksum: UInt64 {
        let seed = UInt64(bitPattern: laneID) &* 0x9E37_79B9_7F4A_7C15 ^ key.lane.epoch
        return XXHash64.hash(Array(key.node.utf8).span.bytes, seed: seed ^ UInt64(key.lane.partition.number) << 32)
    }

    /// Writes it down; part of a transaction.
    func insert(_ statements: HubLogStatements) throws(SQLiteError) {
        let insert = try statements(
            "INSERT OR REPLACE INTO identities (lane, node, epoch, partition, checksum) VALUES (?, ?, ?, ?, ?)"
        )
        insert.bind(laneID, at: 1)
        insert.bind(key.node, at: 2)
        insert.bind(key.lane.epoch, at: 3)
        insert.bind(Int64(key.lane.partition.number), at: 4)
        insert.bind(checksum, at: 5)
        try insert.run()
    }
}
