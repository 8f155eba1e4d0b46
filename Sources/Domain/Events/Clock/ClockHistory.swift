// SPDX-License-Identifier: Apache-2.0

/// All clock records of a node, from which the times of its events are corrected.
///
/// Nothing is ever corrected in place: records that come later (the network, and with it the time, may come hours after
/// the boot) change what readers are shown of events that landed long before.
package struct ClockHistory: Sendable {
    /// A record and the epoch that it is of.
    package struct Entry: Sendable, Equatable {
        package var epoch: Epoch
        package var record: ClockRecord

        package init(epoch: Epoch, record: ClockRecord) {
            self.epoch = epoch
            self.record = record
        }

        var reading: ClockReading { record.reading }
    }

    /// In the order in which they were written.
    private let entries: [Entry]

    package init(_ entries: [Entry]) {
        self.entries = entries.sorted {
            ($0.epoch.ordinal, $0.epoch.id, $0.record.ordinal) < ($1.epoch.ordinal, $1.epoch.id, $1.record.ordinal)
        }
    }

    /// What corrects the times of a lane.
    package func clock(of lane: Lane) -> LaneClock {
        LaneClock(
            entries.indices.filter { entries[$0].epoch.id == lane.epoch }.map { index in
                let (shift, quality) = correction(of: index)
                let first = entries[index].record.first(in: lane.partition)
                return LaneClock.Span(first: first, shift: shift, quality: quality)
            }
        )
    }

    private func correction(of index: Int) -> (shift: Int64, quality: EventTime.Quality) {
        let entry = entries[index]
        if entry.reading.quality == .synchronised { return (0, .synchronised) }
        if let known = synchronised(near: index) { return (known.offset - entry.reading.offset, .corrected) }
        return bounds(of: index)
    }

    /// The synchronised record of the same boot that is nearest: the first after, or else the last before.
    private func synchronised(near index: Int) -> ClockReading? {
        let entry = entries[index]
        func fits(_ other: Entry) -> Bool {
            other.reading.quality == .synchronised
                && (other.reading.isSameBoot(as: entry.reading) || other.epoch.id == entry.epoch.id)
        }
        return (entries[index...].first(where: fits) ?? entries[..<index].last(where: fits))?.reading
    }

    /// Where a boot that was never synchronised lies: it began after what was known before, and ended before a later
    /// one began.
    private func bounds(of index: Int) -> (shift: Int64, quality: EventTime.Quality) {
        let reading = entries[index].reading
        func isKnown(_ other: Entry) -> Bool { other.reading.quality == .synchronised }
        // Its first event was taken after the last time that is known from before the boot...
        let earliest = entries[..<index].last(where: isKnown).map { $0.reading.wall - reading.offset }
        // ... and its last one before the first boot after it whose time is known.
        let end = entries.last { isOneBoot(entries[index], $0) }?.reading.uptime ?? reading.uptime
        let latest = entries[index...].first(where: isKnown).map { $0.reading.offset - end - reading.offset }
        if reading.quality == .unset {
            guard let shift = earliest ?? latest else { return (0, .unset) }
            return (shift, .bounded)
        }
        if let earliest, earliest > 0 { return (earliest, .bounded) }
        if let latest, latest < 0 { return (latest, .bounded) }
        return (0, .unsynchronised)
    }

    private func isOneBoot(_ one: Entry, _ other: Entry) -> Bool {
        one.epoch.id == other.epoch.id || one.reading.isSameBoot(as: other.reading)
    }
}
