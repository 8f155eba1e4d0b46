// SPDX-License-Identifier: Apache-2.0

/// The last lines that a process wrote; older ones are dropped.
package struct OutputLines: Sendable {
    private static let longestLine = 8192

    /// Lines kept, oldest first.
    package private(set) var lines: [String] = []
    /// Lines seen, kept or not.
    package private(set) var total = 0
    private var pending: [UInt8] = []
    private let kept: Int

    package init(kept: Int = 2000) {
        self.kept = kept
    }

    /// Takes the next bytes; a line longer than 8 KiB is split.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: 10) {
            pending += rest[..<newline]
            finishLine()
            rest = rest[(newline + 1)...]
        }
        pending += rest
        if pending.count >= Self.longestLine { finishLine() }
    }

    /// Counts what came without a newline as a line: the process has ended.
    package mutating func finish() {
        if !pending.isEmpty { finishLine() }
    }

    private mutating func finishLine() {
        lines.append(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
        total += 1
        if lines.count > kept { lines.removeFirst(lines.count - kept / 2) }
    }
}
