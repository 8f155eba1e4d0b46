// SPDX-License-Identifier: Apache-2.0

package import Events

/// What the store knows about itself without asking the disk.
package struct StoreStatistics: Sendable {
    package struct GapCount: Sendable, Hashable {
        package var eventClass: EventClass
        package var reason: Gap.Reason
        package var events: UInt64

        package init(eventClass: EventClass, reason: Gap.Reason, events: UInt64) {
            self.eventClass = eventClass
            self.reason = reason
            self.events = events
        }
    }

    /// Events that no hub has acknowledged.
    package var backlogEvents: UInt64 = 0
    /// Topic and payload bytes of those events.
    package var backlogBytes: UInt64 = 0
    /// Bytes on disk, WAL included.
    package var diskBytes: Int64 = 0
    package var maximumBytes: Int64 = 0
    /// Bytes that can be written before events are given up: what the file may still grow by, and pages that are free.
    package var freeBytes: Int64 = 0
    /// Events that lie packed, acknowledged or not.
    package var packedEvents: UInt64 = 0
    /// What the events in full segments take, by what they would take as rows: 1 while nothing is packed.
    package var density = 1.0
    /// Milliseconds since 1970 at which the oldest unacknowledged event was taken.
    package var oldestTimestamp: Int64?
    /// Milliseconds that have certainly passed since then, whatever the clock was set to; nil where nobody knows.
    package var oldestAge: Int64?
    /// What the clock that stamps events is worth; nil where nothing stamps any.
    package var clock: ClockQuality?
    /// Events made durable since this opening.
    package var appended: UInt64 = 0
    /// Topic, attributes and payload bytes of those events.
    package var appendedBytes: UInt64 = 0
    /// Bytes that this process had written to a device since it began; nil where the kernel does not say.
    package var writtenBytes: UInt64?
    /// Events acknowledged by a hub since this opening.
    package var acknowledged: UInt64 = 0
    /// Group commits since this opening.
    package var commits: UInt64 = 0
    /// Events given up, all epochs that are still known.
    package var gaps: [GapCount] = []
    /// Why nothing is being acknowledged at present; nil when all is well.
    package var trouble: String?

    package init() {}
}
