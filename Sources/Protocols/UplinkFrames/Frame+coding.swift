// SPDX-License-Identifier: Apache-2.0

import Events
package import NIOCore

extension Frame {
    /// The first byte of an encoded frame.
    private enum Kind: UInt8 {
        case hello = 1
        case welcome = 2
        case bye = 3
        case lane = 4
        case batch = 5
        case gap = 6
        case part = 7
        case ack = 8
        case reject = 9
        case credit = 10
        case ping = 11
        case pong = 12
        case primer = 13
        case primerLanded = 14
        case primerWanted = 15
        case primerRefused = 16
        case clock = 17
        case clockLanded = 18
        case hold = 19
        case contentKey = 20
        // 21 is ``SealedFrame``, which is around frames.
        case sealWanted = 24
        case sealOffer = 25
    }

    /// Appends the frame's encoding, which is one message of the transport.
    package func encode(into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        encodeContent(into: &buffer)
        buffer.writeInteger(Self.check(of: buffer.viewBytes(at: start, length: buffer.writerIndex - start)))
    }

    /// One message of the transport.
    package var message: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(encodedBytes + Self.checkBytes)
        encode(into: &buffer)
        return buffer
    }

    /// Type and body, without the check: what is sealed.
    package var content: [UInt8] {
        var buffer = ByteBuffer()
        encodeContent(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    private func encodeContent(into buffer: inout ByteBuffer) {
        buffer.writeInteger(kind.rawValue)
        encodeBody(into: &buffer)
    }

    private func encodeBody(into buffer: inout ByteBuffer) {
        switch self {
        case .hello(let hello): hello.encode(into: &buffer)
        case .welcome(let welcome): welcome.encode(into: &buffer)
        case .bye(let bye): bye.encode(into: &buffer)
        case .lane(let opening): opening.encode(into: &buffer)
        case .batch(let handle, let bytes):
            buffer.writeVarint(handle)
            buffer.writeBytes(bytes)
        case .gap(let handle, let notice):
            buffer.writeVarint(handle)
            notice.encode(into: &buffer)
        case .part(let part): part.encode(into: &buffer)
        case .ack(let handle, let landed):
            buffer.writeVarint(handle)
            landed.encode(into: &buffer)
        case .reject(let handle, let rejection):
            buffer.writeVarint(handle)
            rejection.encode(into: &buffer)
        case .primer(let identifier, let bytes):
            buffer.writeInteger(identifier)
            buffer.writeBytes(bytes)
        case .primerLanded(let identifier), .primerWanted(let identifier): buffer.writeInteger(identifier)
        case .primerRefused(let identifier, let refusal):
            buffer.writeInteger(identifier)
            refusal.encode(into: &buffer)
        case .clock(let notice): notice.encode(into: &buffer)
        case .clockLanded(let epoch, let ordinal):
            buffer.writeInteger(epoch)
            buffer.writeVarint(ordinal)
        case .hold(let text): buffer.writeText(text)
        case .contentKey(let notice): notice.encode(into: &buffer)
        case .sealWanted(let scheme): buffer.writeVarint(scheme)
        case .sealOffer(let offer): offer.encode(into: &buffer)
        case .credit(let number), .ping(let number), .pong(let number): buffer.writeVarint(number)
        }
    }

    /// Reads one frame; `buffer` holds exactly one message and is read to its end.
    package static func decode(_ buffer: inout ByteBuffer) throws(FrameFault) -> Frame {
        guard buffer.readableBytes <= FrameLimits.frameBytes else {
            throw .tooLarge("a frame of \(buffer.readableBytes) bytes, at most \(FrameLimits.frameBytes) are taken")
        }
        guard var frame = buffer.readSlice(length: max(checkBytes, buffer.readableBytes) - checkBytes),
            let check = buffer.readInteger(as: UInt32.self)
        else { throw .malformed("a frame of \(buffer.readableBytes) bytes") }
        guard check == Self.check(of: frame.readableBytesView) else { throw .malformed("its check is wrong") }
        return try decodeContent(&frame)
    }

    /// Reads type and body of one frame, as they were sealed.
    package static func decode(content: [UInt8]) throws(FrameFault) -> Frame {
        var buffer = ByteBuffer(bytes: content)
        return try decodeContent(&buffer)
    }

    /// Bytes of the check at the end of every frame; they count against no credit.
    package static let checkBytes = 4

    private static func check(of frame: ByteBufferView?) -> UInt32 {
        UInt32(truncatingIfNeeded: frame?.withUnsafeBytes { XXHash64.hash($0) } ?? 0)
    }

    private static func decodeContent(_ buffer: inout ByteBuffer) throws(FrameFault) -> Frame {
        let number = try buffer.readByte("type")
        guard let kind = Kind(rawValue: number) else { throw .unsupported("frame type \(number)") }
        let frame = try body(of: kind, &buffer)
        guard buffer.readableBytes == 0 else {
            throw .malformed("\(buffer.readableBytes) bytes after the end of \(kind)")
        }
        return frame
    }

    private var kind: Kind {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .bye: .bye
        case .lane: .lane
        case .batch: .batch
        case .gap: .gap
        case .part: .part
        case .ack: .ack
        case .reject: .reject
        case .credit: .credit
        case .ping: .ping
        case .pong: .pong
        case .primer: .primer
        case .primerLanded: .primerLanded
        case .primerWanted: .primerWanted
        case .primerRefused: .primerRefused
        case .clock: .clock
        case .clockLanded: .clockLanded
        case .hold: .hold
        case .contentKey: .contentKey
        case .sealWanted: .sealWanted
        case .sealOffer: .sealOffer
        }
    }

    private static func body(of kind: Kind, _ buffer: inout ByteBuffer) throws(FrameFault) -> Frame {
        switch kind {
        case .hello: .hello(try Hello(decoding: &buffer))
        case .welcome: .welcome(try Welcome(decoding: &buffer))
        case .bye: .bye(try Bye(decoding: &buffer))
        case .lane: .lane(try LaneOpening(decoding: &buffer))
        case .batch: .batch(handle: try buffer.readVarint32("handle"), bytes: buffer.readRest())
        case .gap: .gap(handle: try buffer.readVarint32("handle"), try GapNotice(decoding: &buffer))
        case .part: .part(try Part(decoding: &buffer))
        case .ack: .ack(handle: try buffer.readVarint32("handle"), landed: try LandedRanges(decoding: &buffer))
        case .reject: .reject(handle: try buffer.readVarint32("handle"), try Rejection(decoding: &buffer))
        case .credit: .credit(total: try buffer.readVarint("credit"))
        case .ping: .ping(try buffer.readVarint("ping"))
        case .pong: .pong(try buffer.readVarint("pong"))
        case .primer: .primer(try buffer.readFixed64("primer"), bytes: buffer.readRest())
        case .primerLanded: .primerLanded(try buffer.readFixed64("primer"))
        case .primerWanted: .primerWanted(try buffer.readFixed64("primer"))
        case .primerRefused:
            .primerRefused(try buffer.readFixed64("primer"), try PrimerRefusal(decoding: &buffer))
        case .clock: .clock(try ClockNotice(decoding: &buffer))
        case .clockLanded:
            .clockLanded(epoch: try buffer.readFixed64("epoch"), ordinal: try buffer.readVarint32("ordinal"))
        case .hold: .hold(try buffer.readText("text"))
        case .contentKey: .contentKey(try ContentKeyNotice(decoding: &buffer))
        case .sealWanted: .sealWanted(scheme: try buffer.readVarint32("scheme"))
        case .sealOffer: .sealOffer(try SealOffer(decoding: &buffer))
        }
    }
}
