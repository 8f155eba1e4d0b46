// SPDX-License-Identifier: Apache-2.0

package import Events

/// Where the agent's store lies and how large it may grow.
package struct StoreConfiguration: Sendable {
    /// The state directory; the store is `store.db` in it.
    package var directory: String
    /// The node's name; nil makes one from the host name and a short id kept in the directory.
    package var node: String?
    /// Bytes on disk, WAL and indexes included.
    package var maximumBytes: Int64 = 512 << 20
    /// Topic-hash slots per class.
    package var partitions: UInt32 = 1
    /// What decides the lane of a topic, as text: when it changes between openings, new lanes wait for the old ones.
    package var routingFingerprint: String = ""
    /// How long everything is refused after a commit failed.
    ///
    /// A device that learns that one event was refused sends it again; what it had sent behind that one must not be
    /// taken meanwhile, or order is lost. So the pause covers the time until its connection is closed.
    package var refusalPause: Duration = .milliseconds(250)
    /// How long events other than alarms wait for others to be committed with.
    ///
    /// Zero: as soon as the writer is free, with what came while it was not.
    package var commitInterval: Duration = .zero
    /// For tests: what the pauses of the work in the background are multiplied by.
    package var pauseFactor: Double = 1
    /// Events that are certainly older become gaps; nil keeps them as long as there is room.
    package var maximumAge: Duration?
    /// Where the time comes from.
    package var clock: @Sendable () -> ClockReading = NodeClock.system.read
    /// For tests: the name of a registered SQLite VFS.
    package var vfs: String?
    /// How files beside the database are changed; tests put their own in place.
    package var calls: SystemCalls = .kernel

    package init(directory: String) {
        self.directory = directory
    }
}
