// SPDX-License-Identifier: Apache-2.0

/// Tells whether batches have become larger than they were when their primer was new.
///
/// Bytes per event depend most on how many events a batch holds, so that batches are held only against those of about
/// the same number of events: a class for each power of two.
struct CostMeter: Sendable {
    /// Beyond this, what a primer cost again is soon saved.
    static let tolerance = 1.1
    /// Events after which a sum says something: enough for a cycle of most devices.
    static let window = 2_048

    private struct Sum {
        var bytes = 0.0
        var events = 0.0
    }

    private var first: [Int: Sum] = [:]
    private var recent = Sum()
    private var expected = 0.0
    /// Whether the last full window cost more than was to be expected.
    private(set) var hasWorsened = false

    mutating func add(bytes: Int, events: Int) {
        guard events > 0 else { return }
        let size = Int.bitWidth - events.leadingZeroBitCount
        var sum = first[size] ?? Sum()
        guard sum.events >= Double(Self.window) else {
            sum.bytes += Double(bytes)
            sum.events += Double(events)
            first[size] = sum
            return
        }
        recent.bytes += Double(bytes)
        recent.events += Double(events)
        expected += Double(events) * sum.bytes / sum.events
        guard recent.events >= Double(Self.window) else { return }
        hasWorsened = recent.bytes > Self.tolerance * expected
        recent = Sum()
        expected = 0
    }
}
