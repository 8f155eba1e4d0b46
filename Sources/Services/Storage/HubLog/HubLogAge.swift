// SPDX-License-Identifier: Apache-2.0

/// How old the log is, in milliseconds: time as it passed for the hub, which no change of its clock moves.
///
/// While a machine runs its own counter says how much passed. Time while it was off, which only the clock can tell, counts
/// for a day at most per start: a clock that comes up years ahead must not make all that is kept look expired, and what is
/// kept too long by it is a smaller harm. Pure.
struct HubLogAge: Sendable, Equatable {
    typealias Reading = HubLogClock.Reading

    /// What one start of the machine may add for the time before it.
    static let longestAbsence: Int64 = 86_400_000

    private(set) var milliseconds: Int64
    private(set) var reading: Reading

    init(startingAt reading: Reading) {
        milliseconds = 0
        self.reading = reading
    }

    init(milliseconds: Int64, reading: Reading) {
        self.milliseconds = milliseconds
        self.reading = reading
    }

    mutating func advance(to now: Reading) {
        let passed =
            now.boot == reading.boot
            ? now.sinceBoot &- reading.sinceBoot : min(now.wall &- reading.wall, Self.longestAbsence)
        milliseconds &+= max(0, passed)
        reading = now
    }
}
