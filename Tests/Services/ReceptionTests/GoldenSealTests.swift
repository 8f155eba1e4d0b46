// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import Sealing
import TestSupport
import Testing
import UplinkFrames

/// A sealed conversation of the first version, and the hub's key: what was derived, wrapped, signed and sealed then is today.
///
/// `Tests/Golden/seal-1/conversation` has the two lines of the hub's key file, then each message in hexadecimal, `>` to the hub.
@Suite struct GoldenSealTests {
    private struct Conversation {
        private var messages: ArraySlice<String>
        var keys: SealKeys
        var transcript = SealTranscript()

        init(_ directory: String) throws {
            let lines = try GoldenFile.lines("seal-1/conversation")
            let file = KeyFile(directory + "/seal.key")
            try file.replace(by: Array(lines[..<2].joined(separator: "\n").utf8), isSecret: true)
            keys = try SealKeys(path: file.path, name: "hub", makesKey: false)
            messages = lines[2...]
        }

        mutating func next(_ direction: Character) throws -> ByteBuffer {
            let next = messages.popFirst()
            let line = try #require(next)
            #expect(line.first == direction)
            let digits = line.dropFirst(2).compactMap(\.hexDigitValue)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
            return ByteBuffer(bytes: bytes)
        }

        mutating func plain(_ direction: Character) throws -> Frame {
            var message = try next(direction)
            return try Frame.decode(&message)
        }

        mutating func sealed(_ direction: Character, _ key: inout OpeningKey) throws -> Frame {
            var message = try next(direction)
            let envelope = try SealedFrame.decode(&message)
            return try Frame.decode(content: key.open(envelope.sealed, counter: envelope.counter))
        }

        /// The content key of a notice, whose signature is checked.
        mutating func agree(_ frame: Frame) throws -> ContentKey {
            guard case .contentKey(let notice) = frame else { throw NoKey() }
            let key = try #require(keys.unwrap(notice.recipients, transcript))
            transcript.absorb(notice.unsigned)
            #expect(transcript.isSigned(by: notice.nodeKey, notice.signature))
            return key
        }

        var isOver: Bool { messages.isEmpty }
    }

    private struct NoKey: Error {}

    @Test func `a conversation that was sealed by the first version is opened`() throws {
        try ScratchDirectory.with { directory in
            var conversation = try Conversation(directory)
            conversation.transcript.absorb(try conversation.plain(">").content)
            conversation.transcript.absorb(try conversation.plain("<").content)
            let first = try conversation.agree(try conversation.plain(">"))
            var toHub = conversation.transcript.hubOpening(first)
            var toAgent = conversation.transcript.agentOpening(first)
            #expect(try conversation.sealed(">", &toHub) == .ping(1))
            #expect(try conversation.sealed("<", &toAgent) == .pong(1))
            let second = try conversation.agree(try conversation.sealed(">", &toHub))
            var newToHub = conversation.transcript.hubOpening(second)
            var newToAgent = conversation.transcript.agentOpening(second)
            #expect(try conversation.sealed(">", &newToHub) == .ping(2))
            guard case .sealOffer = try conversation.sealed("<", &toAgent) else { throw NoKey() }
            #expect(try conversation.sealed("<", &newToAgent) == .pong(2))
            #expect(conversation.isOver)
        }
    }
}
