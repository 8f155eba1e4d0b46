// SPDX-License-Identifier: Apache-2.0

/// Spreads messages evenly over time; what more than a second of outage made late is not made up for.
struct Pace {
    private let interval: Duration?
    private var due = ContinuousClock.now

    init(rate: Double?) {
        interval = rate.map { .seconds(1) / $0 }
    }

    /// Returns when the next message is due.
    mutating func wait() async throws {
        guard let interval else { return }
        let now = ContinuousClock.now
        due = max(due + interval, now - .seconds(1))
        // Timers are no finer than this; what they owe is sent at once when they fire.
        if due - now > .milliseconds(1) { try await Task.sleep(until: due) }
    }
}
