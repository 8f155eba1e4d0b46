// SPDX-License-Identifier: Apache-2.0

/// Some of many positions, evenly taken, in little memory.
struct HubLogSample {
    private static let capacity = 8_192
    /// Rows in one segment of a salvaged log, about.
    private static let rowsPerSegment = 4_096

    private var samples: [Int64] = []
    private var stride = 1
    private var count = 0

    mutating func add(_ position: Int64) {
        if count % stride == 0 { samples.append(position) }
        count += 1
        guard samples.count > Self.capacity else { return }
        samples = samples.indices.filter { $0 % 2 == 0 }.map { samples[$0] }
        stride *= 2
    }

    /// Where segments of about equal length begin, ascending; 1 is the first.
    func quantiles() -> [Int64] {
        let sorted = samples.sorted()
        let parts = min(32, max(1, count / Self.rowsPerSegment))
        let firsts = (1..<max(2, parts)).compactMap { part in
            parts > 1 ? sorted[part * sorted.count / parts] : nil
        }
        return [1] + Set(firsts.filter { $0 > 1 }).sorted()
    }
}
