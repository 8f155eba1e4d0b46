// SPDX-License-Identifier: Apache-2.0

/// Predicts the next byte at one position of a fixed-length slot: the same again, or one step further.
struct ByteCell {
    private var last: UInt8 = 0
    private var delta: UInt8 = 0
    private var lastHits: UInt8 = 128
    private var linearHits: UInt8 = 96

    @inline(__always)
    var prediction: UInt8 { linearHits > lastHits ? last &+ delta : last }

    @inline(__always)
    mutating func learn(_ value: UInt8) {
        Self.adapt(&lastHits, value == last)
        Self.adapt(&linearHits, value == last &+ delta)
        delta = value &- last
        last = value
    }

    @inline(__always)
    private static func adapt(_ hits: inout UInt8, _ isHit: Bool) {
        hits = isHit ? hits + (255 - hits) >> 2 : hits - hits >> 2
    }
}
