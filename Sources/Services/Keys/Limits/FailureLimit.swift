// SPDX-License-Identifier: Apache-2.0

/// Who gave wrong passwords or tokens lately: so that guessing is slow.
///
/// Pure: takes the time, holds at most ``capacity`` sources.
package struct FailureLimit {
    /// Of failures: an address, or a name from an address.
    package enum Source: Hashable, Sendable {
        case address(String)
        case user(String, address: String)

        /// A home or an office has a whole /64 of IPv6 addresses (RFC 6177): all of it counts as one.
        package static func network(of address: String) -> String {
            // IPv4 as a listener of both gets it: ::ffff:192.0.2.1 (RFC 4291 section 2.5.5.2).
            if address.contains("."), let colon = address.lastIndex(of: ":") {
                return String(address[address.index(after: colon)...])
            }
            guard address.contains(":") else { return address }
            var groups = address.prefix { $0 != "%" }.split(separator: ":", omittingEmptySubsequences: false)
            // "::" within the first half leaves the groups before it, which is all that is told apart then.
            if let gap = groups.firstIndex(of: "") { groups.removeSubrange(gap...) }
            return groups.prefix(4).joined(separator: ":") + "::/64"
        }
    }

    private struct Entry {
        var since: Duration
        var failures: Int
    }

    package let window: Duration
    package let capacity: Int
    private var entries: [Source: Entry] = [:]

    package init(window: Duration, capacity: Int = 1_024) {
        self.window = window
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// Whether a source has failed `maximum` times within the window that is open.
    package func isBlocked(_ source: Source, maximum: Int, now: Duration) -> Bool {
        guard let entry = entries[source], now - entry.since < window else { return false }
        return entry.failures >= maximum
    }

    /// - Parameter now: time since any fixed point, never running backwards.
    package mutating func failed(_ source: Source, now: Duration) {
        if let entry = entries[source], now - entry.since < window {
            entries[source]?.failures += 1
            return
        }
        if entries[source] == nil, entries.count >= capacity { makeRoom(now: now) }
        entries[source] = Entry(since: now, failures: 1)
    }

    package mutating func removeAll() {
        entries.removeAll()
    }

    /// Forgets what is over, or else the oldest.
    private mutating func makeRoom(now: Duration) {
        entries = entries.filter { now - $0.value.since < window }
        guard entries.count >= capacity, let oldest = entries.min(by: { $0.value.since < $1.value.since }) else {
            return
        }
        entries[oldest.key] = nil
    }
}
