// SPDX-License-Identifier: Apache-2.0

/// Predicts the next number of one slot of one topic from those before it.
///
/// Both ends run it over the same numbers, so which prediction is used needs no bytes. All arithmetic wraps: it is exact
/// in both directions, and no number from a stranger traps.
struct NumberCell {
    private(set) var last: Int64 = 0
    private var delta: Int64 = 0
    private var mean: Int64 = 0
    private var isSeen = false
    /// Digits behind the point that ``last`` carries.
    var scale: UInt8 = 0
    var padding = Padding()

    // Running means of how many bits each prediction left over, in 64ths.
    private var lastCost: Int32 = 0
    private var linearCost: Int32 = 64
    private var sharedCost: Int32 = 128
    private var meanCost: Int32 = 128

    /// What the slot holds next, given what it held last on any topic.
    @inline(__always)
    func prediction(shared: Int64) -> Int64 {
        guard isSeen else { return shared }
        var best = last
        var cost = lastCost
        if linearCost < cost {
            best = last &+ delta
            cost = linearCost
        }
        if sharedCost < cost {
            best = shared
            cost = sharedCost
        }
        if meanCost < cost { best = mean }
        return best
    }

    @inline(__always)
    mutating func learn(_ value: Int64, shared: Int64) {
        guard isSeen else {
            isSeen = true
            last = value
            mean = value
            return
        }
        Self.adapt(&lastCost, value &- last)
        Self.adapt(&linearCost, value &- last &- delta)
        Self.adapt(&sharedCost, value &- shared)
        Self.adapt(&meanCost, value &- mean)
        delta = value &- last
        mean = mean &+ (value &- mean) &>> 2
        last = value
    }

    /// Carries the state over to another number of digits behind the point.
    mutating func rescale(to newScale: UInt8) {
        last = Decimal.rescaled(last, from: scale, to: newScale)
        delta = Decimal.rescaled(delta, from: scale, to: newScale)
        mean = Decimal.rescaled(mean, from: scale, to: newScale)
        scale = newScale
    }

    @inline(__always)
    private static func adapt(_ cost: inout Int32, _ miss: Int64) {
        let bits = Int32(truncatingIfNeeded: 64 - Varint.zigzag(miss).leadingZeroBitCount) &<< 6
        cost = cost &+ (bits &- cost) &>> 2
    }
}
