// SPDX-License-Identifier: Apache-2.0

/// What number cells held last, apart for each key: many devices may speak on one topic, and name themselves in the
/// payload.
struct NumberContexts {
    struct Entry {
        var last: Int64 = 0
        var delta: Int64 = 0
        var scale: Int8 = 0

        @inline(__always)
        func prediction(atScale wanted: Int8, linear: Bool) -> Int64 {
            let value = linear ? last &+ delta : last
            return wanted == scale ? value : Decimal.rescaled(value, from: scale, to: wanted)
        }
    }

    private static let count = 2_048
    private var entries: [Entry] = []

    mutating func reset(to start: NumberContexts) {
        entries.removeAll(keepingCapacity: true)
        entries.append(contentsOf: start.entries)
    }

    @inline(__always)
    static func place(cell: Int, key: ContextKey) -> Int {
        Int(key.hash(with: cell) >> 21)
    }

    func entry(at place: Int) -> Entry { entries.isEmpty ? Entry() : entries[place] }

    mutating func learn(_ value: Int64, scale: Int8, at place: Int) {
        if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.count) }
        let last = entries[place].prediction(atScale: scale, linear: false)
        entries[place] = Entry(last: value, delta: value &- last, scale: scale)
    }
}
