// SPDX-License-Identifier: Apache-2.0

/// Corrects the times of one lane's events.
package struct LaneClock: Sendable, Equatable {
    /// What is to be added to the times of the events from a sequence on.
    struct Span: Sendable, Equatable {
        var first: UInt64
        var shift: Int64
        var quality: EventTime.Quality
    }

    /// Ascending; where several begin at one sequence the last counts.
    private let spans: [Span]

    /// Of a node that sent no clock records.
    package static let unknown = LaneClock([])

    init(_ spans: [Span]) {
        self.spans = spans
    }

    /// When an event was taken.
    ///
    /// - Parameter raw: what its node's clock said.
    package func time(of sequence: UInt64, raw: Int64) -> EventTime {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].first <= sequence { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return EventTime(milliseconds: raw, quality: .unknown) }
        let span = spans[low - 1]
        let (sum, overflow) = raw.addingReportingOverflow(span.shift)
        return EventTime(milliseconds: overflow ? raw : sum, quality: span.quality)
    }
}
