// SPDX-License-Identifier: Apache-2.0

/// Where the text that a slot held last lies: among the batch's literals, or in the topic.
struct TextCell: Equatable {
    /// An offset among the literals, or -1 minus the level of the topic, counted from its end.
    var place: Int32 = 0
    var length: Int32 = 0

    /// Where it lies among the literals.
    var range: Range<Int> { Int(place)..<Int(place + length) }

    /// The range of one level of a topic, counted from its end, or nil where there are fewer.
    ///
    /// Looks at so many bytes only: a long topic must not make each slot of each event read all of it.
    static func level(_ level: Int, of topic: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var upper = topic.count
        var rest = level
        var position = topic.count
        while position > 0 {
            guard topic.count - position < BatchFormat.maximumLevelBytes else { return nil }
            position -= 1
            guard topic[position] == UInt8(ascii: "/") else { continue }
            if rest == 0 { return position + 1..<upper }
            rest -= 1
            upper = position
        }
        return rest == 0 ? 0..<upper : nil
    }
}
