// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Reception
import Storage
import Testing
import UplinkFrames

/// Credit, a disk in trouble, and time.
@Suite struct AgentConnectionMachineFlowTests {
    private static let full = StoreError.diskFull(path: "/x/hub.db")

    @Test func `credit is given anew when half of it has landed, and only then`() {
        // A test batch is four bytes as a frame.
        var dialogue = Dialogue.welcomed(credit: 16)
        for first in UInt8(1)...4 { #expect(dialogue.batch(first, 1).frames == []) }
        #expect(dialogue.complete(1, through: 1).frames.count == 1)
        #expect(dialogue.complete(2, through: 2).frames.last == .credit(total: 24))
        #expect(dialogue.complete(3, through: 3).frames.count == 1)
        #expect(dialogue.complete(4, through: 4).frames.last == .credit(total: 32))
    }

    @Test func `a rejected batch gives its credit back`() {
        var dialogue = Dialogue.welcomed(credit: 10)
        #expect(dialogue.say(.batch(handle: 0, bytes: [1, 1, 1])).frames.last == .credit(total: 15))
    }

    @Test func `an agent that sends beyond its credit is not read until it landed`() {
        var dialogue = Dialogue.welcomed(credit: 4)
        #expect(!dialogue.batch(1, 1).contains(.pauseReading))
        #expect(dialogue.batch(2, 1).contains(.pauseReading))
        let actions = dialogue.complete(1, through: 1)
        #expect(actions.frames.last == .credit(total: 8))
        #expect(actions.last == .resumeReading)
    }

    @Test func `parts of a frame larger than the credit extend it while they come`() {
        var dialogue = Dialogue.welcomed(credit: 40)
        let payload = [UInt8](repeating: 7, count: 100)
        let part = Part(assembly: 1, offset: 0, total: 1_000, bytes: payload)
        #expect(dialogue.say(.part(part)) == [.send(.credit(total: UInt64(Frame.part(part).encodedBytes) + 40))])
    }

    @Test func `a full disk loses nothing, acknowledges nothing and keeps the order`() {
        var dialogue = Dialogue.welcomed(credit: 16)
        for first in UInt8(1)...3 { _ = dialogue.batch(first, 1) }
        dialogue.machine.completed(1, .failure(Self.full))
        // The others are still with the log; the agent is told once.
        #expect(dialogue.machine.flush(at: dialogue.now) == [.send(.hold(Self.full.description))])
        #expect(dialogue.machine.trouble == Self.full)
        #expect(dialogue.batch(4, 1).tickets == [], "what comes now waits behind what the log gave back")
        dialogue.machine.completed(2, .failure(Self.full))
        dialogue.machine.completed(3, .failure(Self.full))
        #expect(dialogue.machine.flush(at: dialogue.now) == [.retryLater])
        #expect(dialogue.machine.flush(at: dialogue.now) == [], "one retry at a time")
        #expect(dialogue.machine.retry(at: dialogue.now).tickets == [1, 2, 3, 4])
        for ticket in UInt64(1)...4 {
            dialogue.machine.completed(
                ticket,
                .success(Landed(sequences: SequenceSet(cumulative: 4), new: 1, repeated: 0))
            )
        }
        let actions = dialogue.machine.flush(at: dialogue.now)
        let acknowledgement = Frame.ack(handle: 0, landed: LandedRanges(cumulative: 4))
        #expect(actions.frames == [acknowledgement, .hold(""), .credit(total: 32)])
        #expect(dialogue.machine.trouble == nil)
    }

    @Test func `while the disk is slow the agent hears from the hub every second`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.batch(1, 1)
        dialogue.now = dialogue.now + .seconds(1)
        #expect(dialogue.machine.tick(at: dialogue.now).frames == [.ping(1)])
        #expect(dialogue.machine.tick(at: dialogue.now).frames == [])
        dialogue.now = dialogue.now + .seconds(1)
        #expect(dialogue.machine.tick(at: dialogue.now).frames == [.ping(2)])
        _ = dialogue.complete(1, through: 1)
        dialogue.now = dialogue.now + .seconds(2)
        #expect(dialogue.machine.tick(at: dialogue.now).frames == [])
    }

    @Test func `a greeting that the log cannot take is repeated while the agent is kept alive`() {
        var dialogue = Dialogue()
        _ = dialogue.say(.hello(Dialogue.hello()))
        _ = dialogue.machine.admitted(at: dialogue.now)
        let hold = Frame.hold(Self.full.description)
        #expect(dialogue.machine.greetingFailed(Self.full, at: dialogue.now) == [.send(hold), .greetLater])
        dialogue.now = dialogue.now + .seconds(1)
        #expect(dialogue.machine.tick(at: dialogue.now).frames == [.ping(1)])
        #expect(dialogue.machine.admitted(at: dialogue.now).count == 1)
        let frames = dialogue.machine.greeted([:], at: dialogue.now).frames
        #expect(frames.count == 2 && frames.last == .hold(""))
    }

    @Test func `an agent of version 2 is held without words`() {
        var dialogue = Dialogue()
        var hello = Dialogue.hello()
        hello.version = 2
        _ = dialogue.say(.hello(hello))
        _ = dialogue.machine.admitted(at: dialogue.now)
        #expect(dialogue.machine.greetingFailed(Self.full, at: dialogue.now) == [.greetLater])
        #expect(dialogue.machine.greeted([:], at: dialogue.now).frames.count == 1)
    }

    @Test func `no hello in time ends the connection`() {
        var dialogue = Dialogue()
        dialogue.now = dialogue.now + .seconds(9)
        #expect(dialogue.machine.tick(at: dialogue.now) == [])
        dialogue.now = dialogue.now + .seconds(1)
        #expect(dialogue.machine.tick(at: dialogue.now).farewell == .protocolFault)
    }

    @Test func `a silent agent is asked after a third of the link timeout and dropped after all of it`() {
        var dialogue = Dialogue.welcomed()
        var pings = 0
        for _ in 0..<29 {
            dialogue.now = dialogue.now + .seconds(1)
            let frames = dialogue.machine.tick(at: dialogue.now).frames
            pings += frames.count
        }
        #expect(pings == 2)
        dialogue.now = dialogue.now + .seconds(1)
        #expect(dialogue.machine.tick(at: dialogue.now) == [.drop, .settled])
    }

    @Test func `any byte keeps an agent alive`() {
        var dialogue = Dialogue.welcomed()
        dialogue.now = dialogue.now + .seconds(29)
        dialogue.machine.heard(at: dialogue.now)
        dialogue.now = dialogue.now + .seconds(9)
        #expect(dialogue.machine.tick(at: dialogue.now) == [])
    }

    @Test func `the answer to a probe shows that an agent lives at once`() {
        var dialogue = Dialogue.welcomed()
        let actions = dialogue.machine.probe(at: dialogue.now)
        #expect(actions == [.send(.ping(1))])
        #expect(dialogue.say(.pong(1)) == [.probed(isAlive: true)])
        #expect(dialogue.machine.probeEnded(at: dialogue.now) == [], "answered once")
    }

    @Test func `a probe that hears any byte in time finds the agent alive, silence finds nobody`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.machine.probe(at: dialogue.now)
        _ = dialogue.batch(1, 1)
        #expect(dialogue.machine.probeEnded(at: dialogue.now) == [.probed(isAlive: true)])
        _ = dialogue.machine.probe(at: dialogue.now)
        #expect(dialogue.machine.probeEnded(at: dialogue.now) == [.probed(isAlive: false)])
    }

    @Test func `an agent that does not read gets the newest state when it does, and is not read meanwhile`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.batch(1, 1)
        _ = dialogue.batch(2, 1)
        #expect(dialogue.machine.writable(false, at: dialogue.now) == [.pauseReading])
        #expect(dialogue.complete(1, through: 1) == [])
        #expect(dialogue.complete(2, through: 2) == [])
        #expect(
            dialogue.machine.writable(true, at: dialogue.now) == [
                .send(.ack(handle: 0, landed: LandedRanges(cumulative: 2))), .resumeReading,
            ]
        )
    }
}
