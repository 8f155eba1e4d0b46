// SPDX-License-Identifier: Apache-2.0

/// The literal texts of a batch, taken in the order in which slots need them.
struct TextSection {
    private let section: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ section: UnsafeBufferPointer<UInt8>) {
        self.section = section
    }

    var isUsedUp: Bool { position == section.count }

    /// The next literal: where it lies, and its bytes.
    mutating func take(_ length: UInt64) throws(BatchFault) -> (cell: TextCell, bytes: UnsafeBufferPointer<UInt8>) {
        guard length <= UInt64(section.count - position), section.count <= Int(Int32.max) else {
            throw .malformed("text ends early")
        }
        let cell = TextCell(place: Int32(position), length: Int32(length))
        position += Int(length)
        return (cell, bytes(of: cell))
    }

    /// A literal that was taken before.
    func bytes(of cell: TextCell) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: section[Int(cell.place)..<Int(cell.place + cell.length)])
    }
}
