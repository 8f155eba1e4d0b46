// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import UplinkFrames

/// Reads the bytes as one frame, and as many short ones that go to an assembler; a frame has one encoding.
///
/// The bytes are those of frames but for their checks, which are added here: chance would never come to one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = ByteBuffer(bytes: UnsafeBufferPointer(start: bytes, count: count))
    if let frame = decode(input) {
        if !isLaterHello(frame) { precondition(frame.encodedBytes == count) }
        checkParts(of: frame)
    }
    assemble(input)
    open(input)
    return 0
}

/// Takes the input for an envelope, and for what was found in one.
private func open(_ input: ByteBuffer) {
    var message = input
    if let envelope = try? SealedFrame.decode(&message) {
        var encoded = ByteBuffer()
        envelope.encode(into: &encoded)
        precondition(encoded == input)
    }
    let content = Array(input.readableBytesView)
    guard let frame = try? Frame.decode(content: content) else { return }
    precondition(frame.content == content || isLaterHello(frame))
}

private let maximumBytes = 1_024

/// The frame of a message, whose encoding is that message and its check.
private func decode(_ body: ByteBuffer) -> Frame? {
    var message = body
    message.writeInteger(UInt32(truncatingIfNeeded: XXHash64.hash(body.readableBytesSpan)))
    var rest = message
    guard let frame = try? Frame.decode(&rest) else { return nil }
    var encoded = ByteBuffer()
    frame.encode(into: &encoded)
    precondition(encoded == message || isLaterHello(frame))
    return frame
}

/// Whether the frame is the hello of a later version, of which the end is not read.
private func isLaterHello(_ frame: Frame) -> Bool {
    guard case .hello(let hello) = frame else { return false }
    return hello.version > Hello.currentVersion
}

/// Takes what is cut from a frame, a few bytes a piece, for that frame.
private func checkParts(of frame: Frame) {
    var encoded = ByteBuffer()
    frame.encode(into: &encoded)
    var splitter = PartSplitter(encoded, assembly: 1, maximumBytes: 16 + encoded.readableBytes / 8)
    var assembler = PartAssembler()
    var whole: Frame?
    do throws(FrameFault) {
        while let part = splitter.next() {
            precondition(whole == nil)
            whole = try assembler.add(part)
        }
        precondition(whole == frame)
    } catch {
        // Only parts within parts are refused, when the last is there.
        guard case .part = frame, splitter.isDone else { fatalError("an own part is refused: \(error)") }
    }
}

/// Takes the input for messages with a length byte each.
private func assemble(_ input: ByteBuffer) {
    var input = input
    var assembler = PartAssembler(maximumBytes: maximumBytes)
    while let message = input.readLengthPrefixedSlice(as: UInt8.self) {
        guard case .part(let part)? = decode(message) else { continue }
        do throws(FrameFault) {
            let whole = try assembler.add(part)
            precondition(whole == nil || assembler.pendingBytes == 0)
        } catch {
            return
        }
        precondition(assembler.pendingBytes <= maximumBytes)
    }
}
