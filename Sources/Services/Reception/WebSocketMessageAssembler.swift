// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Puts the fragments of WebSocket messages together, bounded (RFC 6455 section 5.4).
struct WebSocketMessageAssembler {
    /// Why frames are not a message that is taken here.
    enum Fault: Error, Equatable {
        case unmasked
        case text
        case outOfOrder
        case tooLarge
        case tooManyFragments
    }

    /// More fragments than this for one message serve no purpose.
    static let maximumFragments = 1_024

    let maximumBytes: Int
    private var fragments = 0
    private var message: ByteBuffer?

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Takes a data frame; control frames may come between fragments and are not for here.
    ///
    /// - Returns: the message, unmasked, when this was its last frame.
    mutating func add(_ frame: WebSocketFrame) throws(Fault) -> ByteBuffer? {
        // RFC 6455 section 5.1: a server closes when a client does not mask.
        guard frame.maskKey != nil else { throw .unmasked }
        guard frame.opcode != .text else { throw .text }
        guard (frame.opcode == .continuation) == (message != nil) else { throw .outOfOrder }
        var data = frame.unmaskedData
        guard data.readableBytes + (message?.readableBytes ?? 0) <= maximumBytes else { throw .tooLarge }
        if frame.opcode == .binary, frame.fin { return data }
        if message == nil { message = data } else { message?.writeBuffer(&data) }
        fragments += 1
        guard fragments <= Self.maximumFragments else { throw .tooManyFragments }
        guard frame.fin else { return nil }
        defer {
            message = nil
            fragments = 0
        }
        return message
    }
}
