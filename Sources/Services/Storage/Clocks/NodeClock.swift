// SPDX-License-Identifier: Apache-2.0

import CTimex
package import Events
import Glibc
import Synchronization

/// Reads the clocks of this machine.
package final class NodeClock: Sendable {
    package static let system = NodeClock()

    /// Milliseconds for which the kernel's word on its wall clock is remembered: asking costs a system call.
    private static let memory: Int64 = 1_000

    private let boot: UInt64
    private let askedAt = Atomic<Int64>(.min)
    private let isSynchronised = Atomic<Bool>(false)

    private init() {
        let name = SystemCalls.kernel.bootID()
        boot = name.isEmpty ? 0 : XXHash64.hash(name.span.bytes)
    }

    @Sendable package func read() -> ClockReading {
        let uptime = Self.milliseconds(CLOCK_BOOTTIME)
        let asked = askedAt.load(ordering: .relaxed)
        if asked == .min || uptime - asked >= Self.memory {
            isSynchronised.store(Self.askKernel(), ordering: .relaxed)
            askedAt.store(uptime, ordering: .relaxed)
        }
        return ClockReading(
            boot: boot,
            uptime: uptime,
            wall: Self.milliseconds(CLOCK_REALTIME),
            isSynchronised: isSynchronised.load(ordering: .relaxed)
        )
    }

    /// Whether a time daemon keeps the clock right (adjtimex(2)); no where the kernel does not say.
    private static func askKernel() -> Bool {
        var state = timex()
        return adjtimex(&state) >= 0 && state.status & STA_UNSYNC == 0
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
