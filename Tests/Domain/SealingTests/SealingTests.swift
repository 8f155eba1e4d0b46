// SPDX-License-Identifier: Apache-2.0

import Crypto
import TestSupport
import Testing

@testable import Sealing

@Suite struct SealingTests {
    private let secret = ContentKey(SymmetricKey(data: [UInt8](repeating: 7, count: ContentKey.bytes)))

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The nonce of these is the counter 0, test cases 13 and 14 of McGrew and Viega, The Galois/Counter Mode of Operation.
    @Test func `the first frame is sealed as the authors of GCM say`() throws {
        var empty = SealingKey(SymmetricKey(data: [UInt8](repeating: 0, count: 32)))
        #expect(try empty.seal([]) == bytes("530f8afbc74536b9a963b4f1c4cb738b"))
        var zeros = SealingKey(SymmetricKey(data: [UInt8](repeating: 0, count: 32)))
        #expect(
            try zeros.seal([UInt8](repeating: 0, count: 16))
                == bytes("cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919")
        )
    }

    @Test func `the counter is the nonce, big-endian, and no two frames are sealed alike`() throws {
        #expect(try Array(SealNonce.make(0x0102_0304)) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
        var key = SealTranscript().agentSealing(secret)
        let first = try key.seal([1, 2, 3])
        let second = try key.seal([1, 2, 3])
        #expect(first != second && key.counter == 2)
        #expect(first.count == 3 + SealingKey.tagBytes)
    }

    @Test(arguments: UInt64(0)..<20)
    func `what was sealed is opened, whatever it is`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var sealing = SealTranscript().agentSealing(secret)
        var opening = SealTranscript().hubOpening(secret)
        for counter in UInt64(0)..<50 {
            let frame = (0..<Int.random(in: 0...2_000, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
            let sealed = try sealing.seal(frame)
            #expect(try opening.open(sealed, counter: counter) == frame, "seed \(seed)")
        }
    }

    @Test func `only the next counter is opened, and what is refused changes nothing`() throws {
        var sealing = SealTranscript().agentSealing(secret)
        var opening = SealTranscript().hubOpening(secret)
        let frames = try (UInt8(0)..<3).map { try sealing.seal([$0]) }
        #expect(try opening.open(frames[0], counter: 0) == [0])
        do throws(SealFault) {
            _ = try opening.open(frames[0], counter: 0)
            Issue.record("a replay was opened")
        } catch {
            #expect(error == .outOfOrder(counter: 0, expected: 1))
        }
        do throws(SealFault) {
            _ = try opening.open(frames[2], counter: 2)
            Issue.record("a hole was passed over")
        } catch {
            #expect(error == .outOfOrder(counter: 2, expected: 1))
        }
        do throws(SealFault) {
            _ = try opening.open(frames[2], counter: 1)
            Issue.record("a renumbered frame was opened")
        } catch {
            #expect(error == .forged)
        }
        #expect(try opening.open(frames[1], counter: 1) == [1])
    }

    @Test func `each direction, each conversation and each content key has keys of its own`() throws {
        var other = SealTranscript()
        other.absorb([1, 2, 3])
        let foreign = ContentKey(SymmetricKey(data: [UInt8](repeating: 8, count: ContentKey.bytes)))
        var sealing = SealTranscript().agentSealing(secret)
        let sealed = try sealing.seal([1])
        var agent = SealTranscript().agentOpening(secret)
        var elsewhere = other.hubOpening(secret)
        var stranger = SealTranscript().hubOpening(foreign)
        #expect((try? agent.open(sealed, counter: 0)) == nil)
        #expect((try? elsewhere.open(sealed, counter: 0)) == nil)
        #expect((try? stranger.open(sealed, counter: 0)) == nil)
    }

    @Test func `a transcript tells order and boundaries apart`() {
        func hash(_ frames: [UInt8]...) -> SealTranscript {
            var transcript = SealTranscript()
            for frame in frames { transcript.absorb(frame) }
            return transcript
        }
        let all = [
            hash([1, 2]), hash([1], [2]), hash([3], [2]), hash([2], [1]), hash([2, 1]), hash([2]), hash(), hash([]),
        ]
        for (index, transcript) in all.enumerated() {
            #expect(!all[..<index].contains(transcript))
        }
    }

    @Test func `a signature is over this conversation, by this key, and no text`() throws {
        let node = Curve25519.Signing.PrivateKey()
        var transcript = SealTranscript()
        transcript.absorb([1])
        let key = Array(node.publicKey.rawRepresentation)
        let signature = Array(try node.signature(for: transcript.signed))
        #expect(transcript.signed.first == 0)
        #expect(transcript.isSigned(by: key, signature))
        #expect(!transcript.isSigned(by: Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation), signature))
        #expect(!transcript.isSigned(by: [], signature))
        transcript.absorb([2])
        #expect(!transcript.isSigned(by: key, signature))
    }

    @Test func `a key period ends by time, or at half of what a key may seal`() {
        let period = KeyPeriod(from: .seconds(10), length: .seconds(60))
        #expect(!period.isOver(sealed: 5, opened: 5, at: .seconds(69)))
        #expect(period.isOver(sealed: 0, opened: 0, at: .seconds(70)))
        #expect(period.isOver(sealed: SealingKey.limit / 2, opened: 0, at: .seconds(11)))
        #expect(period.isOver(sealed: 0, opened: SealingKey.limit / 2, at: .seconds(11)))
    }

    /// 10,000 in all.
    @Test(arguments: UInt64(0)..<20)
    func `no changed frame is opened`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var sealing = SealTranscript().agentSealing(secret)
        var opening = SealTranscript().hubOpening(secret)
        let frame = (0..<100).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let sealed = try sealing.seal(frame)
        for _ in 0..<500 {
            var changed = sealed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<max(1, changed.count), using: &generator)
                switch UInt8.random(in: 0..<4, using: &generator) {
                case 0 where !changed.isEmpty: changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1 where !changed.isEmpty: changed.remove(at: index)
                case 2: changed.insert(UInt8.random(in: 0...255, using: &generator), at: min(index, changed.count))
                default: changed = Array(changed.prefix(index))
                }
            }
            if changed != sealed {
                #expect((try? opening.open(changed, counter: 0)) == nil, "seed \(seed)")
            }
        }
        #expect(try opening.open(sealed, counter: 0) == frame)
    }
}
