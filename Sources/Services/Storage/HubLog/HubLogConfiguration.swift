// SPDX-License-Identifier: Apache-2.0

/// Where the hub's log lies, and what it keeps.
package struct HubLogConfiguration: Sendable {
    /// The state directory; the log is `hub.db` in it.
    package var directory: String
    /// How long events are kept after they landed; nil: for ever.
    package var keepAge: Duration?
    /// Bytes on disk, WAL and free pages included, beyond which the oldest events go; nil: no limit.
    package var keepBytes: Int64?
    /// Bytes of batches in one segment, while the log is small.
    package var segmentBytes: Int64 = 4 << 20
    /// Where there is nothing to drop or to hand back, that is looked at again after this.
    package var upkeepPause: Duration = .seconds(5)
    package var clock: HubLogClock = .system
    /// For tests: the name of a registered SQLite VFS.
    package var vfs: String?
    /// How files beside the database are changed; tests put their own in place.
    package var calls: SystemCalls = .kernel

    package init(directory: String) {
        self.directory = directory
    }
}
