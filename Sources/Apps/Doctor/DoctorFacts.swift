// SPDX-License-Identifier: Apache-2.0

package import Uplink

/// What was seen on the machine, before anything is made of it.
package struct DoctorFacts: Sendable {
    /// The state directory, as this process sees it.
    package struct Directory: Sendable {
        package var path: String
        package var isThere = true
        package var isDirectory = true
        /// Whether this process may write in it or, where it is not there, make it.
        package var isWritable = true
        /// Whether anybody else may list or change it.
        package var isOpenToOthers = false
        package var owner: UInt32 = 0
        package var user: UInt32 = 0

        package init(path: String) {
            self.path = path
        }
    }

    /// What the state directory lies on.
    package struct Disk: Sendable {
        package var fileSystem = ""
        package var mountPoint = ""
        package var options: Set<String> = []
        /// What the block device says of its cache; nil where there is no such device.
        package var writeCache: String?
        package var freeBytes: Int64 = 0
        /// Nil where the file system does not count them.
        package var freeFiles: UInt64?

        package init() {}
    }

    /// How long a write takes, and one that is synced: medians, in microseconds.
    package struct Sync: Sendable {
        package var write: Double
        package var sync: Double

        package init(write: Double, sync: Double) {
            self.write = write
            self.sync = sync
        }
    }

    /// What came of killing a process that was writing events.
    package enum Survival: Sendable, Equatable {
        case survived(events: Int, kills: Int)
        case lost(String)
        /// It could not be tried.
        case untried(String)
    }

    package struct Clock: Sendable {
        package var year: Int
        package var isSynchronized: Bool

        package init(year: Int, isSynchronized: Bool) {
            self.year = year
            self.isSynchronized = isSynchronized
        }
    }

    /// The port that devices connect to.
    package enum Listener: Sendable, Equatable {
        case free
        case taken
        case unusable(String)
    }

    package enum Agent: Sendable, Equatable {
        case stopped
        /// Its answer: the word for what it does, and its table.
        case running(state: String, table: String)
        case silent(String)
    }

    /// What hubs are shown.
    package struct Certificate: Sendable {
        package var path: String
        /// Below zero where it has expired.
        package var daysLeft: Int

        package init(path: String, daysLeft: Int) {
            self.path = path
            self.daysLeft = daysLeft
        }
    }

    package struct Hub: Sendable {
        package var name: String
        package var answer: HubProbe.Answer

        package init(name: String, answer: HubProbe.Answer) {
            self.name = name
            self.answer = answer
        }
    }

    /// Why the configuration is refused; nil when it is not.
    package var refusal: String?
    package var directory: Directory
    package var disk: Disk?
    package var sync: Sync?
    package var survival: Survival?
    /// `SLUICE_BUFFER_MAX`, and what the store has of it already.
    package var budget: Int64 = 0
    package var used: Int64 = 0
    package var clock: Clock
    package var listenAddress = ""
    package var listener: Listener?
    package var agent = Agent.stopped
    /// Nil where hubs are shown none, or where it cannot be read.
    package var certificate: Certificate?
    package var hubs: [Hub] = []

    package init(directory: Directory, clock: Clock) {
        self.directory = directory
        self.clock = clock
    }
}
