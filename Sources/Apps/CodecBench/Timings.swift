// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How long calls took, and how many events each handled.
struct Timings {
    private var nanoseconds: [UInt64] = []
    private var events: [Int] = []

    /// CPU time of this thread: other programs on the machine do not count.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    mutating func add(since start: UInt64, events count: Int) {
        nanoseconds.append(Self.now() - start)
        events.append(count)
    }

    var microsecondsPerEvent: Double {
        Double(nanoseconds.reduce(0, +)) / 1_000 / Double(max(1, events.reduce(0, +)))
    }

    /// Of a call's time divided by its events.
    var percentile99PerEvent: Double {
        Self.percentile99(zip(nanoseconds, events).map { Double($0) / Double(max(1, $1)) })
    }

    /// Of the time of a whole call.
    var percentile99: Double { Self.percentile99(nanoseconds.map { Double($0) }) }

    private static func percentile99(_ nanoseconds: [Double]) -> Double {
        guard !nanoseconds.isEmpty else { return .nan }
        let sorted = nanoseconds.sorted()
        return sorted[min(sorted.count - 1, sorted.count * 99 / 100)] / 1_000
    }
}
