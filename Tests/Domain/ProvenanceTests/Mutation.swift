// SPDX-License-Identifier: Apache-2.0

/// Files that are not what they were.
enum Mutation {
    /// One to three changes, each of a kind that is drawn.
    static func of(
        _ file: [UInt8],
        others: [[UInt8]],
        using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var changed = file
        for _ in 0..<Int.random(in: 1...3, using: &random) where !changed.isEmpty {
            change(&changed, others: others, using: &random)
        }
        return changed
    }

    private static func change(
        _ file: inout [UInt8],
        others: [[UInt8]],
        using random: inout some RandomNumberGenerator
    ) {
        let place = Int.random(in: 0..<file.count, using: &random)
        let end = min(file.count, place + Int.random(in: 1...200, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: file[place] = UInt8.random(in: 0...255, using: &random)
        case 2: file.removeSubrange(place..<end)
        case 3: file.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 4: file.insert(contentsOf: file[place..<end], at: place)
        case 5: swapLines(&file, using: &random)
        default:
            // A part of another proof of the same log, at the same place.
            let other = others[Int.random(in: 0..<others.count, using: &random)]
            if end <= other.count { file.replaceSubrange(place..<end, with: other[place..<end]) }
        }
    }

    private static func swapLines(_ file: inout [UInt8], using random: inout some RandomNumberGenerator) {
        var lines = file.split(separator: 0x0A, omittingEmptySubsequences: false)
        let (first, second) = (
            Int.random(in: 0..<lines.count, using: &random), Int.random(in: 0..<lines.count, using: &random)
        )
        lines.swapAt(first, second)
        file = Array(lines.joined(separator: CollectionOfOne(0x0A)))
    }
}
