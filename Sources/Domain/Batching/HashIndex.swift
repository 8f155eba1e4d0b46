// SPDX-License-Identifier: Apache-2.0

import Events

/// Finds small numbers by the hash of what they stand for; keeps its memory from batch to batch.
struct HashIndex {
    private struct Entry {
        var hash: UInt32 = 0
        /// 0 is an empty place, else the number plus one.
        var number: UInt32 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: 64)
    private var count = 0

    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        UInt32(truncatingIfNeeded: XXHash64.hash(UnsafeRawBufferPointer(bytes)))
    }

    @inline(__always)
    func find(_ hash: UInt32, _ isEqual: (Int) -> Bool) -> Int? {
        let mask = entries.count - 1
        var place = Int(hash) & mask
        while entries[place].number != 0 {
            let entry = entries[place]
            if entry.hash == hash, isEqual(Int(entry.number) - 1) { return Int(entry.number) - 1 }
            place = (place + 1) & mask
        }
        return nil
    }

    mutating func insert(_ number: Int, hash: UInt32) {
        if count * 2 >= entries.count { grow() }
        put(Entry(hash: hash, number: UInt32(number + 1)))
        count += 1
    }

    private mutating func put(_ entry: Entry) {
        let mask = entries.count - 1
        var place = Int(entry.hash) & mask
        while entries[place].number != 0 { place = (place + 1) & mask }
        entries[place] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = [Entry](repeating: Entry(), count: old.count * 2)
        for entry in old where entry.number != 0 { put(entry) }
    }
}
