// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Reception
import Storage
import Testing
import UplinkFrames

/// Primers in the hub's side of a connection.
///
/// A test batch `[first, count, 9, id]` names the primer with that number.
@Suite struct PrimerMachineTests {
    private typealias Action = AgentConnectionMachine.Action

    private var dialogue = Dialogue.welcomed()

    private static func primer(_ salt: Int = 0) throws -> Primer {
        var trainer = PrimerTrainer(limit: 1_000)
        var block = EventBlock()
        for index in 1...20 {
            block.append(
                sequence: UInt64(index),
                timestamp: 0,
                topic: "t/\(salt)",
                payload: Array("{\"v\":\(index)}".utf8)
            )
        }
        trainer.observe(block, 0..<block.count)
        return try #require(trainer.makePrimer())
    }

    private static func open(_ bytes: [UInt8]) -> OpenedBatch {
        guard bytes.count == 4 else { return Dialogue.open(bytes) }
        let first = UInt64(bytes[0])
        return .primerWanted(PrimerIdentifier(rawValue: UInt64(bytes[3])), first...first + UInt64(bytes[1]) - 1)
    }

    private mutating func say(_ frame: Frame, size: Int = 20) -> [Action] {
        dialogue.machine.receive(frame, size: size, at: dialogue.now, open: Self.open)
    }

    private mutating func naming(_ identifier: UInt8, _ first: UInt8, handle: UInt32 = 0) -> [Action] {
        say(.batch(handle: handle, bytes: [first, 2, 9, identifier]))
    }

    private mutating func publish(_ primer: Primer) -> [Action] {
        say(.primer(primer.identifier.rawValue, bytes: primer.bytes))
    }

    private mutating func complete(_ ticket: UInt64, _ landing: PrimerLanding) -> [Action] {
        dialogue.machine.completed(ticket, primer: .success(landing))
        return dialogue.machine.flush(at: dialogue.now)
    }

    @Test mutating func `hello names primers and welcome says which are here`() throws {
        let primer = try Self.primer()
        dialogue = Dialogue()
        var hello = Dialogue.hello()
        hello.primers = [primer.identifier.rawValue, 5]
        guard case .introduce(let introduction)? = say(.hello(hello)).first else {
            Issue.record("no introduction")
            return
        }
        #expect(introduction.primers.map(\.rawValue) == hello.primers)
        _ = dialogue.machine.admitted(at: dialogue.now)
        let actions = dialogue.machine.greeted([:], primers: [primer], at: dialogue.now)
        #expect(actions.first == .know(primer.identifier, bytes: primer.bytes))
        guard case .welcome(let welcome)? = actions.frames.first else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.primers == [primer.identifier.rawValue] && welcome.maximumPrimerBytes == 262_144)
    }

    @Test mutating func `a primer is known and answered once it is in the log`() throws {
        let primer = try Self.primer()
        let actions = publish(primer)
        #expect(actions.frames.isEmpty && actions.tickets == [1])
        #expect(
            complete(1, .landed) == [
                .know(primer.identifier, bytes: primer.bytes), .send(.primerLanded(primer.identifier.rawValue)),
            ]
        )
    }

    @Test mutating func `a disk in trouble answers nothing until the primer is in the log`() throws {
        let primer = try Self.primer()
        _ = publish(primer)
        dialogue.machine.completed(1, primer: .failure(.diskFull(path: "hub.db")))
        let full = StoreError.diskFull(path: "hub.db").description
        #expect(dialogue.machine.flush(at: dialogue.now) == [.retryLater, .send(.hold(full))])
        #expect(dialogue.machine.retry(at: dialogue.now).tickets == [1])
        #expect(complete(1, .landed).frames == [.primerLanded(primer.identifier.rawValue), .hold("")])
    }

    @Test mutating func `what is damaged, misnamed, too long or beyond the quota is refused`() throws {
        let primer = try Self.primer()
        func reason(_ actions: [Action]) -> PrimerRefusal.Reason? {
            guard case .primerRefused(_, let refusal)? = actions.frames.first else { return nil }
            return refusal.reason
        }
        #expect(reason(say(.primer(primer.identifier.rawValue, bytes: [1, 2, 3]))) == .damaged)
        #expect(reason(say(.primer(7, bytes: primer.bytes))) == .damaged)
        #expect(reason(say(.primer(7, bytes: .init(repeating: 0, count: 262_145)))) == .off)
        let ticket = try #require(publish(primer).tickets.first)
        #expect(reason(complete(ticket, .overQuota)) == .quota)
    }

    @Test mutating func `a batch without its primer is dropped, asked for once, and holds its lane up`() throws {
        let primer = try Self.primer()
        let first = naming(1, 1)
        #expect(first.frames == [.primerWanted(1)] && first.tickets.isEmpty)
        #expect(naming(1, 3).isEmpty)
        #expect(dialogueBatch(5).tickets.isEmpty, "it would land before the one that was dropped")
        #expect(dialogueBatch(1, handle: 1).tickets == [1], "another lane goes on")
        #expect(naming(2, 3, handle: 1).frames == [.primerWanted(2)])
        #expect(dialogueBatch(9, handle: 1).tickets.isEmpty)
        #expect(publish(primer).tickets == [2])
        #expect(dialogueBatch(1).tickets == [3])
        #expect(dialogueBatch(3, handle: 1).tickets == [4])
    }

    private mutating func dialogueBatch(_ first: UInt8, handle: UInt32 = 0) -> [Action] {
        say(.batch(handle: handle, bytes: [first, 2]))
    }

    @Test mutating func `what the log would not land for want of a primer is asked for`() throws {
        #expect(dialogueBatch(1).tickets == [1])
        #expect(dialogueBatch(3).tickets == [2])
        let wanted = PrimerIdentifier(rawValue: 4)
        for ticket in UInt64(1)...2 {
            let landed = Landed(sequences: SequenceSet(), new: 0, repeated: 0, primerWanted: wanted)
            dialogue.machine.completed(ticket, .success(landed))
        }
        let frames = dialogue.machine.flush(at: dialogue.now).frames
        #expect(frames == [.primerWanted(4), .ack(handle: 0, landed: LandedRanges(cumulative: 0))])
    }

    @Test mutating func `an agent that knows no primers is told by a reject`() {
        dialogue = Dialogue()
        var hello = Dialogue.hello()
        hello.version = 1
        _ = say(.hello(hello))
        _ = dialogue.machine.admitted(at: dialogue.now)
        guard case .welcome(let welcome)? = dialogue.machine.greeted([:], at: dialogue.now).frames.first else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.version == 1 && welcome.maximumPrimerBytes == 0)
        guard case .reject(0, let rejection)? = naming(1, 1).frames.first else {
            Issue.record("no reject")
            return
        }
        #expect(rejection.reason == .primerWanted && rejection.first == 1 && rejection.last == 2)
        #expect(dialogueBatch(1).tickets == [1])
    }

    @Test mutating func `primers hold credit until they are in the log`() throws {
        let primer = try Self.primer()
        dialogue = Dialogue.welcomed(credit: 100)
        let actions = say(.primer(primer.identifier.rawValue, bytes: primer.bytes), size: 100)
        #expect(actions.frames.isEmpty)
        #expect(complete(1, .landed).frames.contains(.credit(total: 200)))
    }
}
