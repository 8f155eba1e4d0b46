// SPDX-License-Identifier: Apache-2.0

/// What followed in a byte cell after its last value, by hash: learns counters of any step, and checksums of counters.
struct ByteContexts {
    private static let count = 16_384
    private var values: [UInt8] = []

    mutating func reset(to start: ByteContexts) {
        values.removeAll(keepingCapacity: true)
        values.append(contentsOf: start.values)
    }

    /// Where the value that follows `context` in `cell` stands.
    @inline(__always)
    static func place(cell: Int, context: UInt32) -> Int {
        let hash = (UInt32(truncatingIfNeeded: cell) &* 0x9E37_79B1) ^ (context &* 0x85EB_CA77)
        return Int(((hash ^ (hash >> 15)) &* 0x2C1B_3C6D) >> 18)
    }

    /// Where the last value of `cell` under a key stands.
    @inline(__always)
    static func place(cell: Int, key: ContextKey) -> Int { Int(key.hash(with: cell) >> 18) }

    @inline(__always)
    func value(at place: Int) -> UInt8 { values.isEmpty ? 0 : values[place] }

    @inline(__always)
    mutating func learn(_ value: UInt8, at place: Int) {
        if values.isEmpty { values = [UInt8](repeating: 0, count: Self.count) }
        values[place] = value
    }
}
