// SPDX-License-Identifier: Apache-2.0

/// What came of power cuts.
struct PowerReport: Sendable, CustomStringConvertible {
    var cuts = 0
    /// Openings that no cut came into.
    var starts = 0
    var failedStarts: [String] = []
    /// Acknowledged events that were compared after a start, and those that were neither there nor accounted for.
    var compared = 0
    var losses: [String] = []
    /// Events that were packed.
    var packed = 0
    /// What was going on when the power went.
    var places: [String: Int] = [:]

    static func + (left: PowerReport, right: PowerReport) -> PowerReport {
        var sum = left
        sum.cuts += right.cuts
        sum.starts += right.starts
        sum.failedStarts += right.failedStarts
        sum.compared += right.compared
        sum.losses += right.losses
        sum.packed += right.packed
        sum.places.merge(right.places, uniquingKeysWith: +)
        return sum
    }

    var description: String {
        let places = places.sorted { $0.value > $1.value }.map { "  \($0.value) \($0.key)" }.joined(separator: "\n")
        return """
            \(cuts) cuts, \(starts) starts, \(failedStarts.count) failed, \(compared) events compared, \(packed) packed, \(losses.count) lost
            \(places)
            \((failedStarts + losses).prefix(20).joined(separator: "\n"))
            """
    }
}
