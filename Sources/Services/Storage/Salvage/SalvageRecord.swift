// SPDX-License-Identifier: Apache-2.0

/// A row that was found in a damaged file; whether it is one, its own checksum must say.
struct SalvageRecord {
    let shape: LeafCell.Shape
    let rowid: UInt64
    /// Whole, from all its pages; valid only during the call that hands it over.
    let payload: UnsafeRawBufferPointer
    private let columns: [(type: UInt64, range: Range<Int>)]

    init(_ cell: LeafCell, payload: UnsafeRawBufferPointer) {
        shape = cell.shape
        rowid = cell.rowid
        columns = cell.columns
        self.payload = payload
    }

    /// Columns, the one that is the rowid left out.
    var columnCount: Int { columns.count }

    func isNull(_ column: Int) -> Bool { columns[column].type == 0 }

    func unsigned(_ column: Int) -> UInt64 { UInt64(bitPattern: integer(column)) }

    /// The bytes of a column; the one that is the rowid does not count.
    func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: payload[columns[column].range])
    }

    func integer(_ column: Int) -> Int64 {
        LeafCell.integer(columns[column], of: payload)
    }

    /// Nil when it is not UTF-8, or has control characters.
    func text(_ column: Int) -> String? {
        guard let text = String(validating: bytes(column), as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
        else { return nil }
        return text
    }
}
