// SPDX-License-Identifier: Apache-2.0

import Events

/// A clock record as the store keeps it.
struct StoredClock: Sendable, Equatable {
    var epoch: Epoch
    var record: ClockRecord
    /// ``RunningTime`` at the record.
    var running: Int64
    /// The last hub that acknowledged it; 0 for none.
    var hub: UInt64 = 0

    var mark: RunningTime.Mark { RunningTime.Mark(running: running, reading: record.reading) }
}
