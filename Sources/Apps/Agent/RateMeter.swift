// SPDX-License-Identifier: Apache-2.0

/// An exponential moving average of how fast a counter grows, per second.
///
/// Pure: takes the counter and the time. The weight of the past is corrected for a short history, so that the first
/// samples count in full.
package struct RateMeter: Sendable {
    private let window: Double
    private var last: (total: UInt64, time: Duration)?
    private var sum = 0.0
    private var weight = 0.0

    /// - Parameter window: how far back the average reaches, in seconds.
    package init(window: Double = 5) {
        self.window = window
    }

    /// Takes the counter's value at a time that never runs backwards; a counter that shrank began anew.
    package mutating func sample(_ total: UInt64, at time: Duration) {
        defer { last = (total, time) }
        guard let last, time > last.time else { return }
        let seconds = (time - last.time) / .seconds(1)
        let rate = Double(total >= last.total ? total - last.total : total) / seconds
        // 1 - e^(-t/w), by the first terms of the fraction w / (t + w), which needs no libm and is as smooth.
        let share = seconds / (seconds + window)
        sum += (rate - sum) * share
        weight += (1 - weight) * share
    }

    /// Per second; nil before the second sample.
    package var perSecond: Double? { weight > 0 ? sum / weight : nil }
}
