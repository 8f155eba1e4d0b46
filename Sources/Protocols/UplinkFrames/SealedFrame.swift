// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A frame that only the two ends can read or make: the envelope around another frame's type and body.
///
/// ```
/// +-----------+---------+---------------------+----------+
/// | type (21) | counter | ciphertext, to tag  | tag (16) |
/// +-----------+---------+---------------------+----------+
/// ```
/// It has no check of its own, and neither has the frame in it: the tag says more. The counter is that of the frame under
/// its key, from 0 up; it is what the cipher's nonce is made of, and travels so that a hole can be told from damage.
package struct SealedFrame: Sendable, Equatable {
    static let type: UInt8 = 21
    /// Bytes that sealing adds to a message, at most: type, counter and tag, less the check that it replaces.
    package static let overhead = 1 + 4 + 16 - Frame.checkBytes

    package var counter: UInt64
    /// Ciphertext and tag.
    package var sealed: [UInt8]

    package init(counter: UInt64, sealed: [UInt8]) {
        self.counter = counter
        self.sealed = sealed
    }

    /// Whether a message is one, by its first byte.
    package static func isNext(_ message: ByteBuffer) -> Bool {
        message.getInteger(at: message.readerIndex, as: UInt8.self) == type
    }

    /// Appends the envelope, which is one message of the transport.
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(Self.type)
        buffer.writeVarint(counter)
        buffer.writeBytes(sealed)
    }

    /// Reads one envelope; `buffer` holds exactly one message and is read to its end.
    package static func decode(_ buffer: inout ByteBuffer) throws(FrameFault) -> SealedFrame {
        guard buffer.readableBytes <= FrameLimits.frameBytes else {
            throw .tooLarge("a frame of \(buffer.readableBytes) bytes, at most \(FrameLimits.frameBytes) are taken")
        }
        guard try buffer.readByte("type") == type else { throw .malformed("a sealed frame of another type") }
        let counter = try buffer.readVarint("counter")
        return SealedFrame(counter: counter, sealed: buffer.readRest())
    }
}
