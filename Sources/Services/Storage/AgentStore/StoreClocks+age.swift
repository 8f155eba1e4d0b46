// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreClocks {
    /// When an event was taken, in running time: as late as it can have been.
    ///
    /// - Parameters:
    ///   - raw: what the clock said.
    ///   - now: the running time.
    func running(of sequence: UInt64, in lane: LaneRecord, raw: Int64, now: Int64) -> Int64 {
        let own = records.filter { $0.epoch.id == lane.lane.epoch }
        let next = own.firstIndex { $0.record.first(in: lane.lane.partition) > sequence } ?? own.endIndex
        guard next > own.startIndex else {
            // Of an epoch from before there were records: it was taken before those that came after it.
            return records.first { $0.epoch.ordinal > lane.ordinal }?.running ?? now
        }
        let end = next < own.endIndex ? own[next].running : now
        return RunningTime.running(raw: raw, record: own[next - 1].mark, end: end)
    }
}
