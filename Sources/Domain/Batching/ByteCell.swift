// SPDX-License-Identifier: Apache-2.0

/// Predicts the next byte at one position of a fixed-length slot: the same again, one step further, what followed the
/// last one before, or what came with the bytes before it in the same slot.
struct ByteCell {
    struct Candidates {
        /// What followed the last value before.
        var successor: UInt8
        /// What came with the bytes before it in the slot.
        var frame: UInt8
        /// The last one under the same key, and what followed that before.
        var keyed: UInt8
        var keyedSuccessor: UInt8
    }

    private(set) var last: UInt8 = 0
    private var key = KeyWatch()
    var isKeyed: Bool { key.hasChanged }
    private var delta: UInt8 = 0
    private var lastHits: UInt8 = 128
    private var linearHits: UInt8 = 96
    private var successorHits: UInt8 = 96
    private var frameHits: UInt8 = 80
    private var keyedHits: UInt8 = 72
    private var keyedSuccessorHits: UInt8 = 64
    /// Of the codes after a byte that was as expected, and after another.
    private var levels: (Level, Level)

    init(width: UInt8) {
        levels = (Level(width: width), Level(width: width))
    }

    subscript(level frame: ByteFrame) -> Level {
        @inline(__always)
        get { frame.isExpected ? levels.0 : levels.1 }
        @inline(__always)
        set { if frame.isExpected { levels.0 = newValue } else { levels.1 = newValue } }
    }

    /// Takes note of who speaks.
    @inline(__always)
    mutating func note(_ key: ContextKey) { self.key.note(key) }

    @inline(__always)
    func prediction(_ candidates: Candidates) -> UInt8 {
        var best = last
        var hits = lastHits
        if linearHits > hits { (best, hits) = (last &+ delta, linearHits) }
        if successorHits > hits { (best, hits) = (candidates.successor, successorHits) }
        if frameHits > hits { (best, hits) = (candidates.frame, frameHits) }
        guard isKeyed else { return best }
        if keyedHits > hits { (best, hits) = (candidates.keyed, keyedHits) }
        return keyedSuccessorHits > hits ? candidates.keyedSuccessor : best
    }

    @inline(__always)
    mutating func learn(_ value: UInt8, _ candidates: Candidates) {
        Self.adapt(&lastHits, value == last)
        Self.adapt(&linearHits, value == last &+ delta)
        Self.adapt(&successorHits, value == candidates.successor)
        Self.adapt(&frameHits, value == candidates.frame)
        if isKeyed {
            Self.adapt(&keyedHits, value == candidates.keyed)
            Self.adapt(&keyedSuccessorHits, value == candidates.keyedSuccessor)
        }
        delta = value &- last
        last = value
    }

    @inline(__always)
    private static func adapt(_ hits: inout UInt8, _ isHit: Bool) {
        hits = isHit ? hits + (255 - hits) >> 2 : hits - hits >> 2
    }
}
