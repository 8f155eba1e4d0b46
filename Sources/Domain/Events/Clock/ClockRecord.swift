// SPDX-License-Identifier: Apache-2.0

/// What a node's clocks said, and which events it was said of (decision 11).
///
/// An event carries what the wall clock said when it was taken, for ever. With a clock that steps, that alone is
/// ambiguous; so a record names, for each lane, the first sequence that it applies to. It applies up to the next
/// record of the epoch. Within one record wall clock and uptime ran side by side, to ``ClockWatch/bound``.
package struct ClockRecord: Sendable, Hashable {
    /// Where a record begins in one lane.
    package struct Place: Sendable, Hashable {
        package var partition: Partition
        /// The first sequence that the record applies to.
        package var first: UInt64

        package init(partition: Partition, first: UInt64) {
            self.partition = partition
            self.first = first
        }
    }

    /// Counts the records of an epoch from 1; with the epoch it is the record's name.
    package var ordinal: UInt32
    package var reading: ClockReading
    /// Ascending by partition; lanes that are not named were empty, so it applies to all of them.
    package var places: [Place]

    package init(ordinal: UInt32, reading: ClockReading, places: [Place]) {
        self.ordinal = ordinal
        self.reading = reading
        self.places = places
    }

    /// The first sequence of a lane that the record applies to.
    package func first(in partition: Partition) -> UInt64 {
        places.first { $0.partition == partition }?.first ?? 1
    }

    /// Which of an epoch's records says the least beyond the one before it; nil where only first and last are left.
    ///
    /// An epoch may last for years, and a clock may go mad: what goes first is what changed neither time nor quality,
    /// then the smallest step.
    package static func leastTelling(_ readings: some RandomAccessCollection<ClockReading>) -> Int? {
        let readings = Array(readings)
        guard readings.count > 2 else { return nil }
        func weight(_ index: Int) -> Int64 {
            let (before, this) = (readings[index - 1], readings[index])
            let step = Swift.abs(this.offset - before.offset)
            return (step <= ClockWatch.bound ? 0 : step) + (this.quality == before.quality ? 0 : 60_000)
        }
        return (1..<readings.count - 1).min { weight($0) < weight($1) }
    }
}
