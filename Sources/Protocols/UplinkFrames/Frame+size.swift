// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension Frame {
    /// Bytes of the encoding but for the check; those of `batch`, `primer`, `gap`, `clock` and `part` are what counts against credit.
    package var encodedBytes: Int {
        switch self {
        case .batch(let handle, let bytes): 1 + ByteBuffer.varintLength(UInt64(handle)) + bytes.count
        case .part(let part):
            1 + ByteBuffer.varintLength(part.assembly) + ByteBuffer.varintLength(part.offset)
                + ByteBuffer.varintLength(part.total) + part.bytes.count
        case .primer(_, let bytes): 9 + bytes.count
        case .hello, .welcome, .bye, .lane, .gap, .ack, .reject, .credit, .ping, .pong, .primerLanded, .primerWanted,
            .primerRefused, .clock, .clockLanded, .hold, .contentKey, .sealWanted, .sealOffer:
            measured
        }
    }

    private var measured: Int {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return buffer.readableBytes - Self.checkBytes
    }
}
