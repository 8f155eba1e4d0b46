// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestSupport
import Testing
import UplinkFrames

@Suite struct PartTests {
    @Test(arguments: [1, 31, 100, 1_200, 5_000])
    func `parts make the frame again`(maximum: Int) throws {
        let frame = Frame.batch(handle: 1, bytes: (0..<4_000).map { UInt8(truncatingIfNeeded: $0) })
        var splitter = PartSplitter(encoded(frame), assembly: 9, maximumBytes: maximum)
        var assembler = PartAssembler()
        var result: Frame?
        while let part = splitter.next() {
            #expect(result == nil)
            if maximum > 10 { #expect(encoded(.part(part)).readableBytes <= maximum) }
            result = try assembler.add(part)
        }
        #expect(result == frame)
        #expect(splitter.isDone)
        #expect(assembler.pendingBytes == 0)
    }

    @Test func `a new assembly drops an unfinished one and an older one is refused`() throws {
        let ping = Array(encoded(.ping(1)).readableBytesView)
        var assembler = PartAssembler()
        #expect(try assembler.add(Part(assembly: 5, offset: 0, total: 100, bytes: [1, 2, 3])) == nil)
        #expect(try assembler.add(Part(assembly: 6, offset: 0, total: UInt64(ping.count), bytes: ping)) == .ping(1))
        #expect(throws: FrameFault.self) { try assembler.add(Part(assembly: 5, offset: 3, total: 100, bytes: [4])) }
    }

    @Test func `parts out of order, oversized, empty or nested are refused`() throws {
        func fault(_ parts: [Part]) -> Bool {
            var assembler = PartAssembler(maximumBytes: 50)
            do {
                for part in parts { _ = try assembler.add(part) }
                return false
            } catch {
                return true
            }
        }
        #expect(fault([Part(assembly: 1, offset: 1, total: 10, bytes: [1])]))
        #expect(fault([Part(assembly: 1, offset: 0, total: 51, bytes: [1])]))
        #expect(fault([Part(assembly: 1, offset: 0, total: .max, bytes: [1])]))
        #expect(fault([Part(assembly: 1, offset: 0, total: 10, bytes: [])]))
        #expect(fault([Part(assembly: 1, offset: 0, total: 0, bytes: [1])]))
        #expect(fault([Part(assembly: 1, offset: 0, total: 2, bytes: [1, 2, 3])]))
        let step = Part(assembly: 1, offset: 0, total: 10, bytes: [1])
        #expect(!fault([step]))
        #expect(fault([step, step]))
        #expect(fault([step, Part(assembly: 1, offset: 1, total: 11, bytes: [1])]))
        #expect(fault([step, Part(assembly: 1, offset: .max, total: 10, bytes: [1])]))
        let nested = Array(encoded(.part(step)).readableBytesView)
        #expect(fault([Part(assembly: 1, offset: 0, total: UInt64(nested.count), bytes: nested)]))
        let done = Array(encoded(.ping(1)).readableBytesView)
        #expect(
            fault([
                Part(assembly: 1, offset: 0, total: UInt64(done.count), bytes: done),
                Part(assembly: 1, offset: UInt64(done.count), total: UInt64(done.count), bytes: [1]),
            ])
        )
    }
}
