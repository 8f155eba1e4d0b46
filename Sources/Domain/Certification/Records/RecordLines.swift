// SPDX-License-Identifier: Apache-2.0

/// The lines of a small file that programs write and people read: fields between spaces; `#` begins a comment.
package enum RecordLines {
    /// A line that is none of the file's.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package var line: Int

        package init(line: Int) {
            self.line = line
        }

        package var description: String { "line \(line) is damaged: put it right, or put a # before it" }
    }

    /// - Parameter read: makes a record of a line's fields; nil where they are none.
    package static func read<Record>(
        _ text: String,
        _ read: ([Substring]) -> Record?
    ) throws(Fault) -> [Record] {
        var records: [Record] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if fields.isEmpty { continue }
            guard let record = read(fields) else { throw Fault(line: index + 1) }
            records.append(record)
        }
        return records
    }
}
