// SPDX-License-Identifier: Apache-2.0

/// Where the hub's log lies.
package struct HubLogConfiguration: Sendable {
    /// The state directory; the log is `hub.db` in it.
    package var directory: String
    /// For tests: the name of a registered SQLite VFS.
    package var vfs: String?
    /// How files beside the database are changed; tests put their own in place.
    package var calls: SystemCalls = .kernel

    package init(directory: String) {
        self.directory = directory
    }
}
