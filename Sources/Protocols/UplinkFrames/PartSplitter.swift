// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Cuts an encoded frame into parts, one at a time, so that other frames may go between them.
package struct PartSplitter: Sendable {
    private let assembly: UInt64
    private let total: UInt64
    private let chunk: Int
    private var rest: ByteBuffer

    /// - Parameters:
    ///   - frame: one encoded frame.
    ///   - assembly: a number that is higher than those before it on this connection.
    ///   - maximumBytes: what the encoding of one part may come to.
    package init(_ frame: ByteBuffer, assembly: UInt64, maximumBytes: Int) {
        self.assembly = assembly
        total = UInt64(frame.readableBytes)
        rest = frame
        let header = 1 + Frame.checkBytes + ByteBuffer.varintLength(assembly) + 2 * ByteBuffer.varintLength(total)
        chunk = max(1, maximumBytes - header)
    }

    /// Whether every part was given out.
    package var isDone: Bool { rest.readableBytes == 0 }

    /// The next part, or nil at the end.
    package mutating func next() -> Part? {
        let offset = total - UInt64(rest.readableBytes)
        guard let bytes = rest.readBytes(length: min(chunk, rest.readableBytes)), !bytes.isEmpty else { return nil }
        return Part(assembly: assembly, offset: offset, total: total, bytes: bytes)
    }
}
