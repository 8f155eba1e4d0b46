// SPDX-License-Identifier: Apache-2.0

/// Narrows down how many events fit into a batch.
struct PackingGuess {
    /// The most events known to fit.
    private(set) var lowerCount = 0
    /// Fewer than the fewest events known not to fit.
    private(set) var upperCount = Int.max
    /// Whether what fits is good enough.
    private(set) var isSettled = false

    private let limit: Int
    private var attempts = 0
    /// Estimated bytes that should just fit.
    private var target: Int

    init(limit: Int) {
        self.limit = limit
        target = limit - limit / 40 - 16
    }

    /// Whether events of this estimated size fill the batch.
    func isEnough(_ estimate: Int) -> Bool { estimate > target }

    /// Learns what one attempt came to.
    mutating func learn(count: Int, length: Int, estimate: Int) {
        attempts += 1
        if length <= limit {
            lowerCount = max(lowerCount, count)
            isSettled = length >= limit - limit / 20 || attempts >= 4
        } else {
            upperCount = count - 1
            isSettled = count == 1 || (attempts >= 4 && lowerCount > 0)
        }
        // Aim a little below the limit, and further below it each time.
        let aim = limit - limit * (attempts + 1) / 96
        let scaled = aim.multipliedFullWidth(by: max(estimate, 1))
        target = length > 0 && scaled.high == 0 ? Int(clamping: scaled.low) / length : target
        // A guess that stays wrong must not take one event away at a time.
        if attempts > 4, lowerCount == 0 { target = min(target, estimate / 2) }
    }
}
