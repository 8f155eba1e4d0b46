// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Nanoseconds of the monotonic clock.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Waits until `condition` holds, looking every `interval` milliseconds.
func wait(upTo seconds: Double, for what: String, interval: UInt32 = 2, _ condition: () throws -> Bool) throws {
    let end = nanoseconds() + UInt64(seconds * 1e9)
    while try !condition() {
        guard nanoseconds() < end else { throw Failure("waited \(seconds) s for \(what)") }
        usleep(interval * 1_000)
    }
}
