// SPDX-License-Identifier: Apache-2.0

/// Gives the codes of a batch one by one, and is told what they stand for.
protocol CodeSource {
    /// Whether nothing but the zeros that fill the last byte is left.
    var isUsedUp: Bool { get }

    mutating func next(_ level: inout Level) throws(BatchFault) -> UInt64

    /// The codes that follow belong to this column.
    mutating func enter(_ column: CodeColumn)

    /// The event that is being read has this topic and this template.
    mutating func note(topic: Int, template: Int)
}
