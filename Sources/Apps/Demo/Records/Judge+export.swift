// SPDX-License-Identifier: Apache-2.0

extension Judge {
    /// Takes every row of an export file, in its order.
    package mutating func take(exportAt path: String) throws {
        try LineReader.forEachLine(of: path) { line in
            take(try ExportRow(line: line))
        }
    }
}
