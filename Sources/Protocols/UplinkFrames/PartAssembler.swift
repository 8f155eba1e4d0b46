// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Puts frames together that came in parts: one at a time, in order, bounded.
package struct PartAssembler: Sendable {
    /// The longest frame that is put together, in bytes.
    package let maximumBytes: Int

    private var assembly: UInt64?
    private var total: UInt64 = 0
    private var received = ByteBuffer()

    package init(maximumBytes: Int = FrameLimits.frameBytes) {
        self.maximumBytes = min(maximumBytes, FrameLimits.frameBytes)
    }

    /// Bytes that wait for the rest of their frame.
    package var pendingBytes: Int { received.readableBytes }

    /// Takes the next part; a part of a later assembly at offset 0 drops the unfinished one.
    ///
    /// - Returns: the frame, when this was its last part.
    package mutating func add(_ part: Part) throws(FrameFault) -> Frame? {
        if part.assembly != assembly { try begin(part) }
        guard part.offset == UInt64(received.readableBytes) else {
            throw .malformed("a part at \(part.offset) where \(received.readableBytes) was next")
        }
        guard part.total == total else { throw .malformed("a part of \(part.total) bytes, begun as \(total)") }
        guard !part.bytes.isEmpty else { throw .malformed("an empty part") }
        guard UInt64(part.bytes.count) <= total - part.offset else {
            throw .malformed("parts are longer than their frame")
        }
        received.writeBytes(part.bytes)
        guard UInt64(received.readableBytes) == total else { return nil }
        return try finish()
    }

    private mutating func begin(_ part: Part) throws(FrameFault) {
        guard part.total <= UInt64(maximumBytes) else {
            throw .tooLarge("a frame of \(part.total) bytes in parts, at most \(maximumBytes) are taken")
        }
        if let assembly, part.assembly < assembly { throw .malformed("a part of assembly \(part.assembly), long over") }
        assembly = part.assembly
        total = part.total
        received.clear()
    }

    private mutating func finish() throws(FrameFault) -> Frame {
        var whole = received
        // What is done takes no memory, and a further part of it is out of place.
        received = ByteBuffer()
        total = 0
        let frame = try Frame.decode(&whole)
        if case .part = frame { throw .malformed("a part within parts") }
        return frame
    }
}
