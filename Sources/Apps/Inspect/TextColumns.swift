// SPDX-License-Identifier: Apache-2.0

/// Rows of cells, aligned: numbers to the right, the last cell as long as it is.
struct TextColumns {
    private var rows: [[String]] = []

    /// - Parameter cells: as many in each row.
    mutating func append(_ cells: String...) {
        rows.append(cells)
    }

    var text: String {
        guard let count = rows.first?.count else { return "" }
        let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                guard column < count - 1 else { return row[column] }
                return String(repeating: " ", count: widths[column] - row[column].count) + row[column] + "  "
            }.joined() + "\n"
        }.joined()
    }
}
