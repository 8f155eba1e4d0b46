// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Bounds how fast connections come from one address: a token bucket each, kept as the time when it is full again
/// (the generic cell rate algorithm, ITU-T I.371 annex A).
///
/// Pure: takes the time, holds at most ``capacity`` addresses.
struct ConnectRate {
    /// Seconds' worth of connections that may come at once: after a power cut all devices behind one router do.
    static let burstSeconds = 10

    let capacity: Int
    /// Between two connections; zero leaves all in.
    private let interval: TimeAmount
    private var full: [String: NIODeadline] = [:]

    /// - Parameter perSecond: 0 leaves all in.
    init(perSecond: Int, capacity: Int = 1_024) {
        interval = perSecond > 0 ? .nanoseconds(1_000_000_000 / Int64(perSecond)) : .zero
        self.capacity = capacity
    }

    var count: Int { full.count }

    /// Whether one more connection may come from there now.
    mutating func allows(_ source: String, now: NIODeadline) -> Bool {
        guard interval > .zero else { return true }
        if full[source] == nil, full.count >= capacity { makeRoom(now: now) }
        let due = max(full[source] ?? now, now) + interval
        guard due - now <= .seconds(Int64(Self.burstSeconds)) else { return false }
        full[source] = due
        return true
    }

    /// Forgets the buckets that are full, or else the one that is so first.
    private mutating func makeRoom(now: NIODeadline) {
        full = full.filter { $0.value > now }
        guard full.count >= capacity, let first = full.min(by: { $0.value < $1.value }) else { return }
        full[first.key] = nil
    }
}
