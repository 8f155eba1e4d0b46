// SPDX-License-Identifier: Apache-2.0

/// The best value of the last one to two spans of time, in two numbers.
struct RecentBest: Sendable {
    /// How long a value counts at least.
    var span: Duration
    private let best: @Sendable (Double, Double) -> Bool
    private var current: Double?
    private var previous: Double?
    private var since: Duration = .zero

    init(span: Duration, best: @escaping @Sendable (Double, Double) -> Bool) {
        self.span = span
        self.best = best
    }

    var value: Double? {
        guard let current else { return previous }
        guard let previous else { return current }
        return best(current, previous) ? current : previous
    }

    /// Nothing that was seen before counts any more.
    mutating func forget() {
        current = nil
        previous = nil
    }

    /// Takes a value.
    ///
    /// - Returns: whether a span is over and older values begin to be forgotten.
    @discardableResult
    mutating func add(_ value: Double, at now: Duration) -> Bool {
        let isOver = current != nil && now - since >= span
        if current == nil || isOver {
            previous = current
            current = value
            since = now
        } else if let current, best(value, current) {
            self.current = value
        }
        return isOver
    }
}

extension Duration {
    /// As a floating point number of seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
