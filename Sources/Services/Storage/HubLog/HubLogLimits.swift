// SPDX-License-Identifier: Apache-2.0

/// What `SLUICE_HUB_KEEP` means in pages, frames and milliseconds.
///
/// Pure.
struct HubLogLimits: Sendable {
    /// Milliseconds that events are kept; nil: for ever.
    let age: Int64?
    /// Bytes of database, WAL and WAL index; nil: no limit.
    let bytes: Int64?
    /// Bytes of batches after which a segment ends, while the log is small.
    let segmentBytes: Int64
    let pageSize: Int64

    /// The largest segment: reading its leaves, which dropping it has to, holds up landings for about a second.
    private static let largestSegment: Int64 = 256 << 20
    /// The whole log is at most about this many of them, as every table costs time at each opening.
    private static let segmentsPerLog: Int64 = 32
    /// Frames in the WAL after which they are copied into the database.
    private static let usualFrames: Int64 = 2_000
    private static let indexBytes: Int64 = 64 << 10

    init(_ configuration: HubLogConfiguration, pageSize: Int64) {
        age = configuration.keepAge.map { $0.components.seconds * 1_000 }
        bytes = configuration.keepBytes
        segmentBytes = configuration.segmentBytes
        self.pageSize = pageSize
    }

    private var frameBytes: Int64 { pageSize + 24 }

    /// The WAL's part of the budget: two group commits and more.
    private var walBytes: Int64? { bytes.map { min(16 << 20, $0 / 4) } }

    /// Pages of the database that may be in use, free ones not counted; nil: no limit.
    var pages: Int64? {
        guard let bytes, let walBytes else { return nil }
        return max(16, (bytes - walBytes - Self.indexBytes) / pageSize)
    }

    /// Frames that the WAL may hold; nil: no limit.
    var frames: Int64? { walBytes.map { $0 / frameBytes } }

    /// Frames after which a checkpoint is due.
    var checkpointFrames: Int64 { frames.map { min(Self.usualFrames, $0 / 2) } ?? Self.usualFrames }

    /// Pages that landing batches of so many bytes may take: two rows of a page and a bit take two pages.
    func pages(for bytes: Int) -> Int64 { 2 * Int64(bytes) / pageSize + 32 }

    /// Bytes after which the segment that is written to ends.
    func segmentEnd(logPages: Int64) -> Int64 {
        max(segmentBytes, min(Self.largestSegment, logPages * pageSize / Self.segmentsPerLog))
    }

    /// Whether the segment that is written to has to end because of time, so that what it holds can go in time.
    func isLong(_ segment: HubLogSegment, age now: Int64) -> Bool {
        guard let age else { return false }
        return now - segment.beganAge >= max(1_000, age / 16)
    }

    /// Whether all of a segment is older than what is kept.
    func isExpired(_ segment: HubLogSegment, age now: Int64) -> Bool {
        guard let age, let ended = segment.endedAge else { return false }
        return now - ended >= age
    }
}
