// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreDatabase {
    /// Enters what the clocks said, as the next record of the present epoch; it applies to the events that come next.
    func record(_ reading: ClockReading, in index: inout StoreIndex) throws(SQLiteError) {
        guard let epoch = index.epochs.last?.epoch else { return }
        let places = index.present.compactMap { position -> ClockRecord.Place? in
            guard position >= 0 else { return nil }
            return ClockRecord.Place(partition: index[position].lane.partition, first: index[position].last + 1)
        }
        let (added, jump, dropped) = index.clocks.add(reading, epoch: epoch, places: places)
        if jump > 0 { try moveRunning(of: reading.boot, by: jump) }
        if let dropped { try delete(dropped) }
        try insert(added)
    }
}
