// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc

/// Where the log learns what time it is.
package struct HubLogClock: Sendable {
    /// What the machine says of time.
    package struct Reading: Sendable, Equatable {
        /// Milliseconds since 1970 by the hub's clock.
        package var wall: Int64
        /// Milliseconds since the machine started, sleep included.
        package var sinceBoot: Int64
        /// Names one start of the machine.
        package var boot: Int64

        package init(wall: Int64, sinceBoot: Int64, boot: Int64) {
            self.wall = wall
            self.sinceBoot = sinceBoot
            self.boot = boot
        }
    }

    package var now: @Sendable () -> Reading

    package init(now: @escaping @Sendable () -> Reading) {
        self.now = now
    }

    /// This machine's (clock_gettime(2), random(4) for the boot id).
    package static let system = HubLogClock {
        Reading(wall: milliseconds(CLOCK_REALTIME), sinceBoot: milliseconds(CLOCK_BOOTTIME), boot: boot)
    }

    private static let boot: Int64 = {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 36)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return Int64(bitPattern: XXHash64.hash(Array(bytes.prefix(max(0, count))).span.bytes, seed: 0))
    }()

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
