// SPDX-License-Identifier: Apache-2.0

import Events

/// The clock records of all epochs that a store knows, and its running time.
struct StoreClocks: Sendable {
    /// Records of one epoch at most; then those that say the least go.
    static let perEpoch = 256

    /// Ascending by epoch, then by ordinal.
    private(set) var records: [StoredClock] = []
    private(set) var running = RunningTime(after: [], at: ClockReading(boot: 0, uptime: 0, wall: 0, quality: .unset))

    /// Takes what was loaded, and begins to count at an opening.
    mutating func begin(_ loaded: [StoredClock], beside heartbeat: RunningTime.Mark?, at reading: ClockReading) {
        records = loaded
        running = RunningTime(after: loaded.map(\.mark) + [heartbeat].compactMap(\.self), at: reading)
    }

    /// Adds the next record of an epoch.
    ///
    /// - Returns: the record; by how much running times of this boot moved; and which record went to make room.
    mutating func add(
        _ reading: ClockReading,
        epoch: Epoch,
        places: [ClockRecord.Place]
    ) -> (added: StoredClock, jump: Int64, dropped: StoredClock?) {
        let jump = running.look(at: reading)
        if jump > 0 {
            for index in records.indices where records[index].record.reading.isSameBoot(as: reading) {
                records[index].running += jump
            }
        }
        let own = ownRange(epoch)
        let ordinal = own.isEmpty ? 1 : records[own.upperBound - 1].record.ordinal + 1
        let added = StoredClock(
            epoch: epoch,
            record: ClockRecord(ordinal: ordinal, reading: reading, places: places),
            running: running.running(at: reading)
        )
        records.insert(added, at: own.upperBound)
        var dropped: StoredClock?
        if own.count >= Self.perEpoch {
            let readings = records[own.lowerBound...own.upperBound].map(\.record.reading)
            dropped = ClockRecord.leastTelling(readings).map { records.remove(at: own.lowerBound + $0) }
        }
        return (added, jump, dropped)
    }

    /// The records of one epoch.
    func of(_ epoch: UInt64) -> [StoredClock] { records.filter { $0.epoch.id == epoch } }

    /// Notes that a hub has a record; false when it is not known, or known to be there.
    mutating func acknowledge(_ name: ClockAnnouncement.Name, hub: UInt64) -> StoredClock? {
        let found = records.firstIndex { $0.epoch.id == name.epoch && $0.record.ordinal == name.ordinal }
        guard let found, records[found].hub != hub else { return nil }
        records[found].hub = hub
        return records[found]
    }

    mutating func forget(epochs ordinals: Set<UInt64>) {
        records.removeAll { ordinals.contains($0.epoch.ordinal) }
    }

    private func ownRange(_ epoch: Epoch) -> Range<Int> {
        let start = records.firstIndex { $0.epoch.ordinal >= epoch.ordinal } ?? records.count
        let end = records.firstIndex { $0.epoch.ordinal > epoch.ordinal } ?? records.count
        return start..<end
    }
}
