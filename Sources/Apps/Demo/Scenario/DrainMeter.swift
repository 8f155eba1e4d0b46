// SPDX-License-Identifier: Apache-2.0

/// Finds how fast a backlog drained from glimpses of it.
///
/// Pure. The clock runs from the last moment at which the backlog stood at its height to the first at which next to
/// nothing was left; what devices added meanwhile was drained, too.
package struct DrainMeter: Sendable {
    private struct Sample {
        var time: Duration
        var backlog: UInt64
        var taken: Int
        var linkBytes: UInt64
    }

    private var peak: Sample?
    private var end: Sample?

    package init() {}

    /// Takes the backlog at a time, and how many events devices had delivered and bytes had passed the link by then.
    package mutating func sample(backlog: UInt64, taken: Int, linkBytes: UInt64 = 0, at time: Duration) {
        let sample = Sample(time: time, backlog: backlog, taken: taken, linkBytes: linkBytes)
        guard let high = peak else {
            peak = sample
            return
        }
        if end != nil { return }
        if backlog >= high.backlog {
            peak = sample
        } else if backlog <= high.backlog / 20 {
            end = sample
        }
    }

    /// Whether the backlog is gone.
    package var isFinished: Bool { end != nil }

    /// Events per second; nil when nothing drained.
    package var perSecond: Double? {
        guard let drained, let peak, let end else { return nil }
        return drained / ((end.time - peak.time) / .seconds(1))
    }

    /// Bytes on the link per drained event, both ways; nil when nothing drained.
    package var bytesPerEvent: Double? {
        guard let drained, let peak, let end, end.linkBytes > peak.linkBytes else { return nil }
        return Double(end.linkBytes - peak.linkBytes) / drained
    }

    private var drained: Double? {
        guard let peak, let end, end.time > peak.time, peak.backlog > 0 else { return nil }
        return Double(peak.backlog) - Double(end.backlog) + Double(end.taken - peak.taken)
    }
}
