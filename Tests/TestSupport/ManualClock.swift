// SPDX-License-Identifier: Apache-2.0

package import Events
import Synchronization

/// The clocks of a machine that a test turns, and the time that it really is.
package final class ManualClock: Sendable {
    private struct State {
        var boot: UInt64 = 1
        var uptime: Int64 = 0
        var wall: Int64
        var truth: Int64
        var isSynchronised: Bool
    }

    private let state: Mutex<State>

    /// The beginning of 2026, UTC.
    package static let newYear: Int64 = 1_767_225_600_000

    /// - Parameter wall: what the wall clock says at the first boot; nil for the true time, which it is known to be.
    package init(truth: Int64 = newYear, wall: Int64? = nil) {
        state = Mutex(State(wall: wall ?? truth, truth: truth, isSynchronised: wall == nil))
    }

    @Sendable package func read() -> ClockReading {
        state.withLock {
            ClockReading(boot: $0.boot, uptime: $0.uptime, wall: $0.wall, isSynchronised: $0.isSynchronised)
        }
    }

    /// What stamps events.
    @Sendable package func wall() -> Int64 { state.withLock { $0.wall } }

    /// What time it really is.
    package var truth: Int64 { state.withLock { $0.truth } }

    /// Time passes.
    package func advance(_ duration: Duration) {
        let milliseconds = duration.milliseconds
        state.withLock { state in
            state.uptime += milliseconds
            state.wall += milliseconds
            state.truth += milliseconds
        }
    }

    /// Somebody sets the clock, so that the kernel no longer vouches for it.
    package func step(to wall: Int64) {
        state.withLock { state in
            state.wall = wall
            state.isSynchronised = false
        }
    }

    /// The time daemon has found the time, and sets the clock by it.
    package func synchronise() {
        state.withLock { state in
            state.wall = state.truth
            state.isSynchronised = true
        }
    }

    /// The kernel has not heard of the time daemon for too long.
    package func loseSynchronisation() {
        state.withLock { $0.isSynchronised = false }
    }

    /// The machine is off for a while and boots again.
    package func reboot(off: Duration, wall: Int64) {
        state.withLock { state in
            state.truth += off.milliseconds
            state.boot += 1
            state.uptime = 0
            state.wall = wall
            state.isSynchronised = false
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
