// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestSupport
import Testing
import UplinkFrames

@Suite struct SealedFrameTests {
    private func encoded(_ frame: SealedFrame) -> ByteBuffer {
        var buffer = ByteBuffer()
        frame.encode(into: &buffer)
        return buffer
    }

    @Test func `an envelope has the bytes it always had`() throws {
        let frame = SealedFrame(counter: 300, sealed: Array(0..<18))
        var buffer = encoded(frame)
        #expect(hexadecimal(buffer) == "15ac02000102030405060708090a0b0c0d0e0f1011")
        #expect(SealedFrame.isNext(buffer))
        #expect(try SealedFrame.decode(&buffer) == frame)
    }

    @Test func `it is no longer than is left for it`() {
        for counter in [UInt64(0), 127, 128, 1 << 24] {
            let content = Frame.ping(7).content
            let sealed = encoded(SealedFrame(counter: counter, sealed: content + [UInt8](repeating: 0, count: 16)))
            var plain = ByteBuffer()
            Frame.ping(7).encode(into: &plain)
            #expect(sealed.readableBytes <= plain.readableBytes + SealedFrame.overhead)
        }
    }

    @Test func `nonsense is refused`() {
        for bytes: [UInt8] in [[], [5, 0], [21], [21, 0x80], [21, 0x80, 0x00]] {
            #expect(throws: FrameFault.self) {
                var buffer = ByteBuffer(bytes: bytes)
                _ = try SealedFrame.decode(&buffer)
            }
        }
        #expect(!SealedFrame.isNext(ByteBuffer()))
        #expect(throws: FrameFault.self) {
            var buffer = ByteBuffer(repeating: 21, count: FrameLimits.frameBytes + 1)
            _ = try SealedFrame.decode(&buffer)
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `what decodes has one encoding`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let bytes =
                [21]
                + (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    UInt8(truncatingIfNeeded: generator.next())
                }
            var buffer = ByteBuffer(bytes: bytes)
            guard let frame = try? SealedFrame.decode(&buffer) else { continue }
            #expect(Array(encoded(frame).readableBytesView) == bytes, "seed \(seed)")
        }
    }

    @Test(arguments: Sample.all)
    func `what is sealed of a frame is all but its check`(sample: Sample) throws {
        var whole = ByteBuffer()
        sample.frame.encode(into: &whole)
        #expect(sample.frame.content == Array(whole.readableBytesView.dropLast(Frame.checkBytes)))
        #expect(try Frame.decode(content: sample.frame.content) == sample.frame)
    }
}
