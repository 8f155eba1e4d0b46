// SPDX-License-Identifier: Apache-2.0

import Storage
import Synchronization

/// A clock for the hub's log that only the test moves.
final class ManualHubClock: Sendable {
    private let reading = Mutex(HubLogClock.Reading(wall: 1_700_000_000_000, sinceBoot: 60_000, boot: 1))

    static let day: Int64 = 86_400_000

    var clock: HubLogClock {
        HubLogClock { [self] in reading.withLock { $0 } }
    }

    /// Time passes.
    func pass(_ milliseconds: Int64) {
        reading.withLock { reading in
            reading.wall += milliseconds
            reading.sinceBoot += milliseconds
        }
    }

    /// Somebody sets the clock.
    func jump(_ milliseconds: Int64) {
        reading.withLock { $0.wall += milliseconds }
    }

    /// The machine starts again and its clock says this much more.
    func reboot(_ milliseconds: Int64) {
        reading.withLock { reading in
            reading.wall += milliseconds
            reading.sinceBoot = 5_000
            reading.boot += 1
        }
    }
}
