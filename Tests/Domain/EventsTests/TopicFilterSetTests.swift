// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct TopicFilterSetTests {
    /// Every filter and every topic of up to three levels of a small alphabet.
    private static func texts(_ words: [String], _ lasts: [String]) -> [String] {
        var all = lasts
        var heads = words
        for _ in 0..<2 {
            all += heads.flatMap { head in lasts.map { head + "/" + $0 } }
            heads = heads.flatMap { head in words.map { head + "/" + $0 } }
        }
        return all
    }

    @Test func `overlapping and covering are what matching says`() throws {
        let filters = Self.texts(["a", "$x", "+"], ["a", "$x", "+", "#"]).compactMap { TopicFilter($0) }
        let names = Self.texts(["a", "$x", "z"], ["a", "$x", "z"])
        let topics = (names + names.map { $0 + "/y" }).map { Array($0.utf8) }
        #expect(filters.count > 40)
        let matched = filters.map { filter in topics.map { filter.matches($0) } }
        for (left, leftMatches) in zip(filters, matched) {
            for (right, rightMatches) in zip(filters, matched) {
                let both = zip(leftMatches, rightMatches).contains { $0 && $1 }
                let all = !zip(leftMatches, rightMatches).contains { !$0 && $1 }
                #expect(left.overlaps(right) == both, "\(left) and \(right)")
                #expect(left.covers(right) == all, "\(left) over \(right)")
            }
        }
    }
}
