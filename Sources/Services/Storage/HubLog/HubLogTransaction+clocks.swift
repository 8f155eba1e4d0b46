// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogTransaction {
    /// Clock records of one epoch at most: some eighty kilobytes; then those that say the least go.
    static let clocksPerEpoch = 1_024

    /// Keeps a clock record; one that is there stays as it is.
    func keep(_ clock: ClockAnnouncement, store: UInt64) throws(SQLiteError) -> Outcome {
        _ = try introduce(node: clock.node, epoch: clock.epoch.id, ordinal: clock.epoch.ordinal, store: store)
        let epoch = try epochRow(node: clock.node, epoch: clock.epoch.id)
        let reading = clock.record.reading
        let insert = try statements(
            """
            INSERT OR IGNORE INTO clocks (epoch, ordinal, boot, uptime_ms, wall_ms, quality, places)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        )
        insert.bind(epoch, at: 1)
        insert.bind(Int64(clock.record.ordinal), at: 2)
        insert.bind(reading.boot, at: 3)
        insert.bind(reading.uptime, at: 4)
        insert.bind(reading.wall, at: 5)
        insert.bind(Int64(reading.quality.rawValue), at: 6)
        insert.bind(ClockPlaces.encode(clock.record.places).span.bytes, at: 7)
        try insert.run()
        if statements.database.changes > 0 { try thin(epoch) }
        return .none
    }

    /// Makes room where an epoch has too many.
    private func thin(_ epoch: Int64) throws(SQLiteError) {
        let count = try statements("SELECT count(*) FROM clocks WHERE epoch = ?")
        count.bind(epoch, at: 1)
        defer { count.reset() }
        guard try count.step(), count.integer(0) > Self.clocksPerEpoch else { return }
        let select = try statements(
            "SELECT ordinal, boot, uptime_ms, wall_ms, quality FROM clocks WHERE epoch = ? ORDER BY ordinal"
        )
        select.bind(epoch, at: 1)
        defer { select.reset() }
        var ordinals: [Int64] = []
        var readings: [ClockReading] = []
        while try select.step() {
            ordinals.append(select.integer(0))
            readings.append(HubLogClocks.reading(select, from: 1))
        }
        guard let least = ClockRecord.leastTelling(readings) else { return }
        let delete = try statements("DELETE FROM clocks WHERE epoch = ? AND ordinal = ?")
        delete.bind(epoch, at: 1)
        delete.bind(ordinals[least], at: 2)
        try delete.run()
    }
}
