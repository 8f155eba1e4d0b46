// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Sealing
import TestSupport
import Testing
import UplinkFrames

@Suite struct FrameCodingTests {
    @Test(arguments: Sample.all)
    func `a frame has the bytes it always had`(sample: Sample) throws {
        #expect(hexadecimal(encoded(sample.frame)) == sample.golden.filter { $0 != " " })
        var buffer = encoded(sample.frame)
        #expect(try Frame.decode(&buffer) == sample.frame)
    }

    @Test(arguments: Sample.all)
    func `any flipped bit is seen`(sample: Sample) {
        let bytes = Array(encoded(sample.frame).readableBytesView)
        for bit in 0..<bytes.count * 8 {
            var damaged = ByteBuffer(bytes: bytes)
            damaged.setInteger(bytes[bit / 8] ^ 1 << (bit % 8), at: bit / 8)
            #expect(throws: FrameFault.malformed("its check is wrong")) { try Frame.decode(&damaged) }
        }
    }

    @Test func `a frame is at least a type and a check`() {
        for length in 0..<5 {
            #expect(throws: FrameFault.self) {
                var buffer = ByteBuffer(repeating: 0, count: length)
                _ = try Frame.decode(&buffer)
            }
        }
    }

    @Test(arguments: Sample.all)
    func `a frame cut short or too long is refused`(sample: Sample) throws {
        let bytes = Array(body(sample.frame))
        for length in 0..<bytes.count {
            // The tail of batch, primer and part is bytes to the end, so that a shorter one is another valid frame.
            if let shorter = try? decoded(bytes.prefix(length)) {
                #expect(Array(body(shorter)) == Array(bytes.prefix(length)))
                #expect(Sample.openEnded.contains(sample.name))
            }
        }
        if !Sample.openEnded.contains(sample.name) {
            #expect(throws: FrameFault.self) { try decoded(bytes + [0]) }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `what decodes after mutation has one encoding`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            guard let sample = Sample.all.randomElement(using: &generator) else { continue }
            var bytes = Array(body(sample.frame))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch UInt8.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.insert(0xFF, at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            if let frame = try? decoded(bytes) {
                // What a later version adds to hello is not kept.
                if case .hello(let hello) = frame, hello.version > Hello.currentVersion { continue }
                #expect(Array(body(frame)) == bytes, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `random frames come back`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let frame = randomFrame(using: &generator)
            #expect(try decoded(body(frame)) == frame, "seed \(seed)")
        }
    }

    @Test func `counts and lengths are bounded before they are trusted`() {
        // hello with 4,097 lanes announced
        #expect(throws: FrameFault.tooLarge("lane count is 4097, at most 4096 are taken")) {
            try decoded(
                [1, 1, 0] + [UInt8](repeating: 0, count: 16) + [1] + [UInt8](repeating: 0, count: 8) + [0x81, 0x20]
            )
        }
        // hello with 4,096 lanes announced and none there
        #expect(throws: FrameFault.malformed("ends within lane count")) {
            try decoded(
                [1, 1, 0] + [UInt8](repeating: 0, count: 16) + [1] + [UInt8](repeating: 0, count: 8) + [0x80, 0x20]
            )
        }
        // hello with 9 primers announced
        #expect(throws: FrameFault.tooLarge("primer count is 9, at most 8 are taken")) {
            try decoded(
                [1, 2, 0] + [UInt8](repeating: 0, count: 16) + [1] + [UInt8](repeating: 0, count: 8) + [0, 9]
            )
        }
        #expect(throws: FrameFault.tooLarge("range count is 33, at most 32 are taken")) { try decoded([8, 0, 0, 33]) }
        #expect(throws: FrameFault.tooLarge("text is 1025, at most 1024 are taken")) {
            try decoded([3, 1, 0x81, 0x08] + [UInt8](repeating: 97, count: 1_025))
        }
        #expect(throws: FrameFault.self) { try decoded([5] + [UInt8](repeating: 0, count: FrameLimits.frameBytes)) }
    }

    @Test func `sealing keys are no more than eight, and whole`() {
        #expect(throws: FrameFault.tooLarge("recipient count is 9, at most 8 are taken")) { try decoded([20, 9]) }
        #expect(throws: FrameFault.malformed("ends within recipient count")) { try decoded([20, 1, 0]) }
        #expect(throws: FrameFault.tooLarge("key count is 9, at most 8 are taken")) {
            try decoded([25] + [UInt8](repeating: 0, count: 32) + [9])
        }
        #expect(throws: FrameFault.malformed("ends within challenge")) { try decoded([25, 1, 2]) }
        #expect(throws: FrameFault.unsupported("frame type 21")) { try decoded([21, 0]) }
    }

    @Test func `nonsense has a name`() {
        #expect(throws: FrameFault.unsupported("frame type 99")) { try decoded([99]) }
        #expect(throws: FrameFault.unsupported("frame version 0")) { try decoded([1, 0]) }
        #expect(throws: FrameFault.unsupported("frame version 4")) { try decoded([2, 4]) }
        #expect(throws: FrameFault.malformed("ping is padded")) { try decoded([11, 0x80, 0x00]) }
        #expect(throws: FrameFault.malformed("ping does not fit 64 bits")) {
            try decoded([11] + [UInt8](repeating: 0xFF, count: 9) + [0x02])
        }
        #expect(throws: FrameFault.malformed("text is not UTF-8")) { try decoded([3, 1, 1, 0xFF]) }
        #expect(throws: FrameFault.malformed("a range of sequences that cannot be")) {
            try decoded([6, 0, 0, 0, 1, 1])
        }
        #expect(throws: FrameFault.malformed("a range ends beyond 64 bits")) {
            try decoded([8, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 9) + [0x01, 0])
        }
    }

    @Test func `clock records that cannot be are refused`() {
        let head: [UInt8] = [17] + [UInt8](repeating: 1, count: 8) + [1, 0, 1] + [UInt8](repeating: 2, count: 8)
        let wall = [UInt8](repeating: 0, count: 8)
        #expect(throws: Never.self) { try decoded(head + [5] + wall + [1, 2, 3, 1, 4, 1]) }
        #expect(throws: FrameFault.malformed("a clock of quality 0")) { try decoded(head + [5] + wall + [0, 0]) }
        #expect(throws: FrameFault.malformed("a clock beyond the end of time")) {
            try decoded(head + [5, 0x7F] + [UInt8](repeating: 0, count: 7) + [1, 0])
        }
        for places: [UInt8] in [[2, 3, 1, 3, 1], [2, 4, 1, 3, 1], [1, 3, 0]] {
            #expect(throws: FrameFault.malformed("a place of a clock record that cannot be")) {
                try decoded(head + [5] + wall + [1] + places)
            }
        }
    }

    @Test func `a later hello is read as far as it is known`() throws {
        var later = Hello(node: "g1", storeID: 1, epoch: Epoch(id: 2, ordinal: 3), hub: 0, lanes: [], primers: [5])
        later.version = 4
        let bytes = Array(body(.hello(later)))
        #expect(try decoded(bytes + [1, 2, 3]) == .hello(later))
        #expect(try decoded(bytes) == .hello(later))
        later.version = Hello.currentVersion
        #expect(throws: FrameFault.self) { try decoded(Array(body(.hello(later))) + [0]) }
    }

    @Test func `a text that is too long is cut at a character`() throws {
        let bye = Bye(reason: .closing, text: String(repeating: "\u{E9}", count: 600))
        guard case .bye(let back) = try decoded(body(.bye(bye))) else { return }
        #expect(back.text == String(repeating: "\u{E9}", count: 512))
    }

    private func randomFrame(using generator: inout SeededGenerator) -> Frame {
        func number() -> UInt64 { generator.next() >> UInt64.random(in: 0..<64, using: &generator) }
        func landed() -> LandedRanges {
            var set = SequenceSet(cumulative: number() >> 2)
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let first = max(1, number() >> 2)
                set.insert(first...(first + number() >> 4))
            }
            return LandedRanges(set)
        }
        func lane() -> Lane {
            Lane(epoch: number(), partition: Partition(number: UInt32(truncatingIfNeeded: number())))
        }
        func primers() -> [UInt64] { (0..<Int.random(in: 0...2, using: &generator)).map { _ in number() } }
        let version = UInt32.random(in: Hello.versions, using: &generator)
        func clock() -> ClockNotice {
            let uptime = Int64(number() >> 12)
            let reading = ClockReading(
                boot: number(),
                uptime: uptime,
                wall: Bool.random(using: &generator) ? Int64(number() >> 12) : -Int64(number() >> 12),
                quality: ClockQuality.allCases.randomElement(using: &generator) ?? .unset
            )
            let places = (0..<UInt32.random(in: 0...5, using: &generator)).map {
                ClockRecord.Place(partition: Partition(number: $0 * 3), first: max(1, number()))
            }
            return ClockNotice(
                epoch: Epoch(id: number(), ordinal: number()),
                node: Bool.random(using: &generator) ? "n\(number())" : nil,
                record: ClockRecord(ordinal: UInt32(truncatingIfNeeded: number()), reading: reading, places: places)
            )
        }
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
        switch Int.random(in: 0..<16, using: &generator) {
        case 12: return .sealWanted(scheme: UInt32(truncatingIfNeeded: number()))
        case 13: return .sealOffer(SealOffer(challenge: bytes(SealOffer.challengeBytes), keys: primers()))
        case 14:
            let recipients = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                WrappedKey(
                    recipient: number(),
                    encapsulated: bytes(WrappedKey.encapsulatedBytes),
                    sealed: bytes(WrappedKey.sealedBytes)
                )
            }
            return .contentKey(ContentKeyNotice(recipients: recipients, nodeKey: bytes(32), signature: bytes(64)))
        case 10: return .clock(clock())
        case 11: return .clockLanded(epoch: number(), ordinal: UInt32(truncatingIfNeeded: number()))
        case 0:
            let lanes = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                Hello.LaneSummary(
                    lane: lane(),
                    ordinal: number(),
                    node: Bool.random(using: &generator) ? "n\(number())" : nil,
                    acknowledged: number(),
                    last: number(),
                    ceiling: number()
                )
            }
            return .hello(
                Hello(
                    version: version,
                    node: "n",
                    storeID: number(),
                    epoch: Epoch(id: number(), ordinal: number()),
                    hub: number(),
                    lanes: lanes,
                    primers: version == 1 ? [] : primers()
                )
            )
        case 1:
            return .welcome(
                Welcome(
                    version: version,
                    hubID: number(),
                    hubEpoch: number(),
                    maximumEventBytes: number(),
                    credit: number(),
                    landed: (0..<Int.random(in: 0...9, using: &generator)).map { _ in landed() },
                    maximumPrimerBytes: version == 1 ? 0 : number(),
                    primers: version == 1 ? [] : primers()
                )
            )
        case 2: return .ack(handle: UInt32(truncatingIfNeeded: number()), landed: landed())
        case 3:
            return .lane(
                LaneOpening(
                    handle: UInt32(truncatingIfNeeded: number()),
                    lane: lane(),
                    ordinal: number(),
                    ceiling: number()
                )
            )
        case 4:
            return .part(Part(assembly: number(), offset: number(), total: number(), bytes: [1, 2, 3]))
        case 5: return .credit(total: number())
        case 6: return .primer(number(), bytes: (0..<50).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        case 7: return Bool.random(using: &generator) ? .primerLanded(number()) : .primerWanted(number())
        case 8:
            let reason = PrimerRefusal.Reason.allCases.randomElement(using: &generator) ?? .off
            return .primerRefused(number(), PrimerRefusal(reason: reason, text: "t\(number())"))
        case 9: return .hold(String(repeating: "h", count: Int.random(in: 0...9, using: &generator)))
        default: return .batch(handle: 7, bytes: (0..<1_200).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        }
    }
}
