// SPDX-License-Identifier: Apache-2.0

import Events
import FoundationEssentials
import Keys
import NIOCore
import Sealing
import TestSupport
import Testing
import UplinkFrames

@testable import Reception
@testable import Uplink

/// Both sides of sealing, without anything between them but what a test puts there.
@Suite struct SealDialogueTests {
    private final class Ends {
        let agent: AgentSeal
        let hub: HubSeal
        let nodes: KnownNodes

        /// Up to the hub's offer.
        init(_ sides: Sides) throws {
            nodes = try KnownNodes(path: sides.directory + "/known_nodes")
            agent = AgentSeal(AgentSealing(recipients: sides.recipients, node: sides.node, keyPeriod: .seconds(60)))
            hub = HubSeal(HubSealing(keys: sides.keys, nodes: nodes))
        }

        /// The message with the content key.
        func contentKey() throws -> ByteBuffer {
            var wanted = agent.ask()
            guard case .answer(var offer) = try hub.receive(&wanted),
                case .ready(let key) = try agent.receive(&offer, at: .zero)
            else { throw Missing() }
            return key
        }

        func agree() throws {
            var key = try contentKey()
            guard case .agreed = try hub.receive(&key) else { throw Missing() }
        }
    }

    private struct Missing: Error {}

    private struct Sides {
        var directory: String
        var keys: SealKeys
        var recipients: SealRecipients
        var node: NodeKeys

        init(_ directory: String) throws {
            self.directory = directory
            keys = try SealKeys(path: directory + "/seal.key", name: "hub", makesKey: true)
            let file = KeyFile(directory + "/hub.seal")
            try file.replace(by: Array(keys.recipients[0].line.utf8), isSecret: false)
            recipients = try SealRecipients(path: file.path)
            node = try NodeKeys(directory: directory)
        }
    }

    private func with(_ body: (Sides) throws -> Void) throws {
        try ScratchDirectory.with { try body(Sides($0)) }
    }

    /// What a hub makes of a message: the frame in it; nil where it refuses.
    private func heard(_ hub: HubSeal, _ message: ByteBuffer) -> Frame? {
        var message = message
        guard case .frame(let frame, _)? = try? hub.receive(&message) else { return nil }
        return frame
    }

    private func heard(_ agent: AgentSeal, _ message: ByteBuffer) -> Frame? {
        var message = message
        guard case .frame(let frame)? = try? agent.receive(&message, at: .zero) else { return nil }
        return frame
    }

    @Test func `what one end says the other hears, and its node is proved`() throws {
        try with { sides in
            let ends = try Ends(sides)
            try ends.agree()
            for number in UInt64(0)..<100 {
                #expect(heard(ends.hub, try ends.agent.message(.ping(number))) == .ping(number))
                #expect(heard(ends.agent, try ends.hub.message(.pong(number))) == .pong(number))
            }
            let proof = try #require(ends.hub.proof)
            let sealing = HubSealing(keys: sides.keys, nodes: ends.nodes)
            #expect(throws: Never.self) { try sealing.verify(proof, nodes: ["gate"]) }
            try #expect(ends.nodes.all().count == 1)
            var other = proof
            other.signature[0] ^= 1
            #expect(throws: KnownNodeFault.badSignature(node: "gate")) { try sealing.verify(other, nodes: ["gate"]) }
        }
    }

    @Test func `a new key takes over between two frames, whichever way they are going`() throws {
        try with { sides in
            let ends = try Ends(sides)
            try ends.agree()
            #expect(heard(ends.hub, try ends.agent.message(.ping(0))) == .ping(0))
            #expect(try ends.agent.renew(at: .seconds(59)) == nil)
            let before = try ends.hub.message(.pong(1))
            var key = try #require(try ends.agent.renew(at: .seconds(60)))
            let after = try ends.agent.message(.ping(2))
            #expect(try ends.agent.renew(at: .seconds(600)) == nil, "one at a time")
            let onItsWay = try ends.hub.message(.pong(3))
            guard case .answer(var offer) = try ends.hub.receive(&key) else { throw Missing() }
            let reply = try ends.hub.message(.pong(4))
            #expect(heard(ends.hub, after) == .ping(2))
            #expect(heard(ends.agent, before) == .pong(1))
            #expect(heard(ends.agent, onItsWay) == .pong(3))
            guard case .renewed = try ends.agent.receive(&offer, at: .seconds(61)) else { throw Missing() }
            #expect(heard(ends.agent, reply) == .pong(4))
            #expect(try ends.agent.renew(at: .seconds(130)) != nil)
        }
    }

    @Test func `a key of another node does not take over, though it is signed`() throws {
        try with { sides in
            let hub = HubSeal(
                HubSealing(keys: sides.keys, nodes: try KnownNodes(path: sides.directory + "/known_nodes"))
            )
            var transcript = SealTranscript()
            var wanted = Frame.sealWanted(scheme: 1).message
            transcript.absorb(Frame.sealWanted(scheme: 1).content)
            guard case .answer(var offer) = try hub.receive(&wanted) else { throw Missing() }
            transcript.absorb(try Frame.decode(&offer).content)
            let (first, notice) = try signed(by: sides.node, for: sides, &transcript)
            var message = Frame.contentKey(notice).message
            guard case .agreed = try hub.receive(&message) else { throw Missing() }
            var key = transcript.agentSealing(first)
            #expect(heard(hub, try key.message(.ping(1))) == .ping(1))
            try FileManager.default.createDirectory(atPath: sides.directory + "/2", withIntermediateDirectories: true)
            let other = try signed(by: NodeKeys(directory: sides.directory + "/2"), for: sides, &transcript).notice
            var takeover = try key.message(.contentKey(other))
            let fault = #expect(throws: HubSeal.Refusal.self) { _ = try hub.receive(&takeover) }
            guard case .seal(.signature) = fault else { throw Missing() }
        }
    }

    private func signed(
        by node: NodeKeys,
        for sides: Sides,
        _ transcript: inout SealTranscript
    ) throws -> (key: ContentKey, notice: ContentKeyNotice) {
        let key = ContentKey.random()
        let wrapped = try sides.recipients.all.map { try $0.wrap(key, transcript) }
        var notice = ContentKeyNotice(recipients: wrapped, nodeKey: node.publicKey)
        transcript.absorb(notice.unsigned)
        notice.signature = try node.sign(transcript.signed)
        return (key, notice)
    }

    @Test func `who has not said hello has one content key opened`() throws {
        try with { sides in
            let ends = try Ends(sides)
            try ends.agree()
            ends.agent.hasten()
            var key = try #require(try ends.agent.renew(at: .zero))
            let fault = #expect(throws: HubSeal.Refusal.self) { _ = try ends.hub.receive(&key) }
            guard case .seal(.misplaced) = fault else { throw Missing() }
        }
    }

    @Test func `a content key is for the hub that has offered, and for nobody else whom the file names`() throws {
        try with { sides in
            let other = try SealKeys(path: sides.directory + "/other.key", name: "other", makesKey: true)
            let file = KeyFile(sides.directory + "/hub.seal")
            let lines = [other.recipients[0].line, sides.keys.recipients[0].line].joined(separator: "\n")
            try file.replace(by: Array(lines.utf8), isSecret: false)
            try sides.recipients.load()
            let ends = try Ends(sides)
            var key = try ends.contentKey()
            guard case .contentKey(let notice) = try Frame.decode(&key) else { throw Missing() }
            #expect(notice.recipients.map(\.recipient) == [sides.keys.recipients[0].identifier])
        }
    }

    @Test func `the content key of one connection is none on another`() throws {
        try with { sides in
            let first = try Ends(sides)
            var key = try first.contentKey()
            let second = try Ends(sides)
            _ = try second.contentKey()
            #expect(throws: HubSeal.Refusal.self) { _ = try second.hub.receive(&key) }
        }
    }

    @Test func `an offer that comes again, or in plain, ends it`() throws {
        try with { sides in
            let ends = try Ends(sides)
            try ends.agree()
            var plain = ByteBuffer()
            Frame.sealOffer(SealOffer(challenge: [UInt8](repeating: 0, count: 32), keys: [])).encode(into: &plain)
            #expect(throws: AgentSeal.Refusal.self) { _ = try ends.agent.receive(&plain, at: .zero) }
            var bye = Frame.bye(Bye(reason: .nodeNameInUse, text: "")).message
            #expect(throws: AgentSeal.Refusal.self) { _ = try ends.agent.receive(&bye, at: .zero) }
            let offer = SealOffer(challenge: [UInt8](repeating: 0, count: 32), keys: [])
            var sealed = try ends.hub.message(.sealOffer(offer))
            #expect(throws: AgentSeal.Refusal.self) { _ = try ends.agent.receive(&sealed, at: .zero) }
        }
    }

    /// One to four bits, bytes or cuts; never what it was.
    private func mutated(_ message: ByteBuffer, using generator: inout SeededGenerator) -> ByteBuffer {
        let original = Array(message.readableBytesView)
        var bytes = original
        while bytes == original {
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch UInt8.random(in: 0..<4, using: &generator) {
                case 0, 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                default: bytes = Array(bytes.prefix(index))
                }
            }
        }
        return ByteBuffer(bytes: bytes)
    }

    @Test(arguments: UInt64(0)..<10)
    func `of ten thousand changed frames none is taken`(seed: UInt64) throws {
        try with { sides in
            var generator = SeededGenerator(seed: seed)
            let ends = try Ends(sides)
            try ends.agree()
            let toHub = try ends.agent.message(.batch(handle: 0, bytes: [UInt8](repeating: 7, count: 60)))
            let toAgent = try ends.hub.message(.ack(handle: 0, landed: LandedRanges(cumulative: 7)))
            for _ in 0..<500 {
                #expect(heard(ends.hub, mutated(toHub, using: &generator)) == nil, "seed \(seed)")
                #expect(heard(ends.agent, mutated(toAgent, using: &generator)) == nil, "seed \(seed)")
            }
            #expect(heard(ends.hub, toHub) != nil && heard(ends.agent, toAgent) != nil)
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func `no changed content key is taken, though its check be right`(seed: UInt64) throws {
        try with { sides in
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<50 {
                let ends = try Ends(sides)
                let key = Array(try ends.contentKey().readableBytesView.dropLast(Frame.checkBytes))
                var changed = mutated(ByteBuffer(bytes: key), using: &generator)
                changed.writeInteger(UInt32(truncatingIfNeeded: XXHash64.hash(changed.readableBytesSpan)))
                #expect(throws: HubSeal.Refusal.self, "seed \(seed)") { _ = try ends.hub.receive(&changed) }
            }
        }
    }
}
