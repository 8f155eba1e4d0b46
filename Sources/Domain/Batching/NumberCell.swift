// SPDX-License-Identifier: Apache-2.0

/// Predicts the next number of one slot of one topic from those before it.
///
/// Both ends run it over the same numbers, so which prediction is used needs no bytes. All arithmetic wraps: it is exact
/// in both directions, and no number from a stranger traps.
struct NumberCell {
    /// Last value; last and its change; last value on any topic; mean; slow mean; then for each reference the last value
    /// changed by the same amount, and by the same factor.
    private static let predictionCount = 7 + 2 * References.count

    private(set) var last: Int64 = 0
    private(set) var delta: Int64 = 0
    /// Moves a quarter of the way to each value.
    private var mean: Int64 = 0
    /// Of all values at first, then moves a sixteenth of the way; in 16ths.
    private var slowMean: Int64 = 0
    private var seen: UInt8 = 0
    /// Digits behind the point that ``last`` carries.
    var scale: Int8 = 0
    var padding = Padding()
    /// The ``DoubleRepair`` of the last value.
    var repair: Int8 = 0
    /// Of the misses, and of the codes that say how a decimal is printed.
    var level = Level()
    var printLevel = Level()
    private var key = KeyWatch()
    var isKeyed: Bool { key.hasChanged }
    /// Running means of how many bits each prediction left over, in 64ths.
    private var costs = SIMD16<Int16>(0, 64, 128, 128, 128, 160, 160, 160, 160, 160, 160, 160, 160, 160, 192, .max)

    /// Whether the value has been the same for so long that it alone is expected.
    @inline(__always)
    var isSettled: Bool { costs[0] == 0 && seen == 15 }

    /// What each prediction expects, given what the slot held last on any topic.
    @inline(__always)
    func predictions(
        shared: Int64,
        references: References,
        keyed: NumberContexts.Entry? = nil
    ) -> SIMD16<Int64> {
        guard seen > 0 else { return SIMD16(repeating: shared) }
        var predictions = SIMD16<Int64>()
        predictions[0] = last
        predictions[1] = last &+ delta
        predictions[2] = shared
        predictions[3] = mean
        predictions[4] = slowMean &>> 4
        for index in 0..<References.count {
            let reference = references[index]
            predictions[5 + 2 * index] = last &+ reference.delta(atScale: scale)
            predictions[6 + 2 * index] = reference.scaled(last)
        }
        predictions[13] = keyed?.prediction(atScale: scale, linear: false) ?? last
        predictions[14] = keyed?.prediction(atScale: scale, linear: true) ?? last
        return predictions
    }

    /// Takes note of who speaks.
    @inline(__always)
    mutating func note(_ key: ContextKey) {
        self.key.note(key)
    }

    /// The prediction that has been the cheapest lately; the first of those that are equal.
    @inline(__always)
    func best(_ predictions: SIMD16<Int64>) -> Int64 {
        var best = 0
        for index in 1..<Self.predictionCount where costs[index] < costs[best] { best = index }
        return predictions[best]
    }

    @inline(__always)
    mutating func learn(_ value: Int64, _ predictions: SIMD16<Int64>) {
        guard seen > 0 else {
            seen = 1
            last = value
            mean = value
            slowMean = value &<< 4
            return
        }
        let misses = SIMD16<Int64>(repeating: value) &- predictions
        let zigzag = SIMD16<UInt64>(truncatingIfNeeded: (misses &<< 1) ^ (misses &>> 63))
        let bits = SIMD16<Int16>(truncatingIfNeeded: 64 &- zigzag.leadingZeroBitCount) &<< 6
        costs = costs &+ (bits &- costs) &>> (seen < 8 ? 2 : 3)
        if seen < 15 { seen += 1 }
        let distance = (value &<< 4) &- slowMean
        slowMean = slowMean &+ (seen < 15 ? distance / Int64(seen) : distance &>> 4)
        delta = value &- last
        mean = mean &+ (value &- mean) &>> 2
        last = value
    }

    /// Learns that a settled value is still the same.
    @inline(__always)
    mutating func learnSame() {
        delta = 0
        mean = last
        slowMean = last &<< 4
    }

    /// Forgets the values, and keeps how they were predicted and printed.
    mutating func restart() {
        seen = 0
        delta = 0
    }

    /// Adds a number without digits behind the point to all that was learned.
    mutating func shift(by distance: Int64) {
        let distance = Decimal.rescaled(distance, from: 0, to: scale)
        last = last &+ distance
        mean = mean &+ distance
        slowMean = slowMean &+ distance &<< 4
    }

    /// Carries the state over to another number of digits behind the point.
    mutating func rescale(to newScale: Int8) {
        last = Decimal.rescaled(last, from: scale, to: newScale)
        delta = Decimal.rescaled(delta, from: scale, to: newScale)
        mean = Decimal.rescaled(mean, from: scale, to: newScale)
        slowMean = Decimal.rescaled(slowMean, from: scale, to: newScale)
        scale = newScale
    }
}
