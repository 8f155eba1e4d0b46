// SPDX-License-Identifier: Apache-2.0

/// Durations in nanoseconds and their percentiles.
struct Samples {
    private var values: [UInt64] = []

    mutating func add(_ value: UInt64) {
        values.append(value)
    }

    var count: Int { values.count }

    /// The percentile in milliseconds.
    func milliseconds(percentile: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let index = min(sorted.count - 1, Int(Double(sorted.count) * percentile / 100))
        return Double(sorted[index]) / 1e6
    }
}
