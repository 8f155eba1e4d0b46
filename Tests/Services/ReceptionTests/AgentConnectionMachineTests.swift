// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Reception
import Storage
import Testing
import UplinkFrames

@Suite struct AgentConnectionMachineTests {
    @Test func `hello is introduced, greeted and welcomed with what has landed, in its order`() {
        var dialogue = Dialogue()
        let introduced = dialogue.say(.hello(Dialogue.hello(acknowledged: 4)))
        guard case .introduce(let introduction)? = introduced.first else {
            Issue.record("no introduction in \(introduced)")
            return
        }
        #expect(introduction.node == "gw")
        #expect(introduction.lanes.map(\.node) == ["gw", "old-name"], "a lane keeps the name of its epoch")
        #expect(introduction.lanes.map(\.acknowledged) == [4, 4])
        #expect(dialogue.machine.admitted(at: dialogue.now) == [.greet(introduction)])
        let welcome = dialogue.machine.greeted(
            [Dialogue.lane: SequenceSet(cumulative: 3, ranges: [6...7])],
            at: dialogue.now
        )
        #expect(
            welcome == [
                .send(
                    .welcome(
                        Welcome(
                            hubID: 77,
                            hubEpoch: 78,
                            maximumEventBytes: 1_000,
                            credit: 10_000,
                            landed: [
                                LandedRanges(cumulative: 3, ranges: [6...7]), LandedRanges(cumulative: 0),
                            ],
                            maximumPrimerBytes: 262_144
                        )
                    )
                )
            ]
        )
    }

    @Test func `what another hub acknowledged does not count here`() {
        var dialogue = Dialogue()
        let actions = dialogue.say(.hello(Dialogue.hello(hub: 1, acknowledged: 4)))
        guard case .introduce(let introduction)? = actions.first else {
            Issue.record("no introduction in \(actions)")
            return
        }
        #expect(introduction.lanes.map(\.acknowledged) == [0, 0])
    }

    @Test func `a certificate has to be for the node, and for those whose lanes it has`() {
        for names in [["gw", "old-name"], ["old-name", "x", "gw"]] {
            var dialogue = Dialogue(certifiedNodes: names)
            guard case .introduce? = dialogue.say(.hello(Dialogue.hello())).first else {
                Issue.record("refused with \(names)")
                continue
            }
        }
        for names in [[], ["gw"], ["old-name"], ["gw-old-name"]] {
            var dialogue = Dialogue(certifiedNodes: names)
            #expect(dialogue.say(.hello(Dialogue.hello())).farewell == .notAuthorised, "\(names)")
        }
    }

    @Test func `a clock record of a node that the certificate is not for ends the connection`() {
        var dialogue = Dialogue(certifiedNodes: ["gw", "old-name"])
        _ = dialogue.say(.hello(Dialogue.hello()))
        _ = dialogue.machine.admitted(at: dialogue.now)
        _ = dialogue.machine.greeted([:], at: dialogue.now)
        #expect(dialogue.say(.clock(Dialogue.clock)).farewell == nil)
        var foreign = Dialogue.clock
        foreign.node = "valve"
        #expect(dialogue.say(.clock(foreign)).farewell == .notAuthorised)
    }

    @Test func `anything before hello ends the connection`() {
        var dialogue = Dialogue()
        let actions = dialogue.say(.ping(1))
        #expect(actions.farewell == .protocolFault)
        #expect(actions.suffix(2) == [.close, .settled])
        #expect(dialogue.batch(1, 1) == [], "nothing is taken after the end")
    }

    @Test func `a newer agent is answered in the version of this hub`() {
        var dialogue = Dialogue()
        var hello = Dialogue.hello()
        hello.version = 9
        #expect(dialogue.say(.hello(hello)).farewell == nil)
        _ = dialogue.machine.admitted(at: dialogue.now)
        guard case .welcome(let welcome)? = dialogue.machine.greeted([:], at: dialogue.now).frames.first else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.version == Hello.currentVersion)
    }

    @Test func `what is of no version spoken here is told so`() {
        var dialogue = Dialogue.welcomed()
        let actions = dialogue.machine.malformed(FrameFault.unsupported("frame type 99"), at: dialogue.now)
        #expect(actions.farewell == .versionUnsupported)
        var other = Dialogue.welcomed()
        #expect(other.machine.malformed(FrameFault.malformed("x"), at: other.now).farewell == .protocolFault)
    }

    @Test func `a clock record is kept, then acknowledged, and once more when it comes again`() {
        var dialogue = Dialogue.welcomed()
        let notice = Dialogue.clock
        for ticket in UInt64(1)...2 {
            guard case .land(let order)? = dialogue.say(.clock(notice)).first,
                case .clock(let clock, let store) = order.work
            else {
                Issue.record("the log is not told")
                return
            }
            #expect(clock == ClockAnnouncement(node: "gw", epoch: notice.epoch, record: notice.record) && store == 1)
            #expect(order.ticket == ticket && order.cost == UInt64(Frame.clock(notice).encodedBytes))
            dialogue.machine.completed(ticket, clock: .success(()))
            #expect(dialogue.machine.flush(at: dialogue.now).frames == [.clockLanded(epoch: 5, ordinal: 2)])
        }
    }

    @Test func `a clock record that the log gives back is tried again, in order`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.say(.clock(Dialogue.clock))
        dialogue.machine.completed(1, clock: .failure(.diskFull(path: "hub.db")))
        #expect(dialogue.machine.flush(at: dialogue.now).contains(.retryLater))
        #expect(dialogue.batch(1, 1).tickets == [], "what came before goes first")
        #expect(dialogue.machine.retry(at: dialogue.now).tickets == [1, 2])
    }

    @Test func `an agent of version 2 sends no clock records`() {
        var dialogue = Dialogue()
        var hello = Dialogue.hello()
        hello.version = 2
        _ = dialogue.say(.hello(hello))
        _ = dialogue.machine.admitted(at: dialogue.now)
        _ = dialogue.machine.greeted([:], at: dialogue.now)
        #expect(dialogue.say(.clock(Dialogue.clock)).farewell == .protocolFault)
    }

    @Test func `a batch before welcome ends the connection`() {
        var dialogue = Dialogue()
        _ = dialogue.say(.hello(Dialogue.hello()))
        #expect(dialogue.say(.ping(3)).frames == [.pong(3)])
        #expect(dialogue.batch(1, 1).farewell == .protocolFault)
    }

    @Test(arguments: [
        Frame.batch(handle: 2, bytes: [1, 1]), .batch(handle: 0, bytes: [1]), .hello(Dialogue.hello()),
        .credit(total: 1), .ack(handle: 0, landed: LandedRanges(cumulative: 1)),
        .gap(handle: 0, GapNotice(first: 5, last: 4, reason: .expired, endKnown: true)),
        .gap(handle: 7, GapNotice(first: 5, last: 5, reason: .expired, endKnown: true)),
        .lane(LaneOpening(handle: 4, lane: Lane(epoch: 6, partition: Partition(number: 1)), ordinal: 2, ceiling: 1)),
        .lane(LaneOpening(handle: 0, lane: Lane(epoch: 6, partition: Partition(number: 1)), ordinal: 2, ceiling: 1)),
        .part(Part(assembly: 1, offset: 4, total: 9, bytes: [1])),
    ])
    func `a frame that makes no sense ends the connection`(frame: Frame) {
        var dialogue = Dialogue.welcomed()
        let actions = dialogue.say(frame)
        #expect(actions.farewell == .protocolFault)
        #expect(actions.last == .settled)
    }

    @Test func `one acknowledgement per lane answers all that one commit landed`() {
        var dialogue = Dialogue.welcomed()
        #expect(dialogue.batch(1, 2).tickets == [1])
        #expect(dialogue.batch(3, 2).tickets == [2])
        #expect(dialogue.batch(1, 1, handle: 1).tickets == [3])
        for (ticket, last) in [(UInt64(1), UInt64(4)), (2, 4), (3, 1)] {
            dialogue.machine.completed(
                ticket,
                .success(Landed(sequences: SequenceSet(cumulative: last), new: 1, repeated: 0))
            )
        }
        #expect(
            dialogue.machine.flush(at: dialogue.now) == [
                .send(.ack(handle: 0, landed: LandedRanges(cumulative: 4))),
                .send(.ack(handle: 1, landed: LandedRanges(cumulative: 1))),
            ]
        )
    }

    @Test func `nothing is acknowledged before the log says so`() {
        var dialogue = Dialogue.welcomed()
        #expect(dialogue.batch(1, 2).frames == [])
        #expect(dialogue.machine.flush(at: dialogue.now) == [])
    }

    @Test func `a poisoned batch is rejected by range and the lane goes on`() {
        var dialogue = Dialogue.welcomed()
        #expect(
            dialogue.say(.batch(handle: 0, bytes: [3, 4, 1])).frames == [
                .reject(handle: 0, Rejection(first: 3, last: 6, reason: .undecodable, text: "poison"))
            ]
        )
        #expect(dialogue.batch(7, 1).tickets == [1])
    }

    @Test func `a gap is recorded under its lane and acknowledged`() {
        var dialogue = Dialogue.welcomed()
        let notice = GapNotice(first: 2, last: 5, reason: .bufferFull, endKnown: false)
        let actions = dialogue.say(.gap(handle: 1, notice))
        guard case .land(let order)? = actions.first, case .gap(_, let gap) = order.work else {
            Issue.record("no gap in \(actions)")
            return
        }
        #expect(order.node == "old-name")
        #expect(gap == Gap(lane: Dialogue.alarms, first: 2, last: 5, reason: .bufferFull, endKnown: false))
        #expect(dialogue.complete(1, through: 5).frames == [.ack(handle: 1, landed: LandedRanges(cumulative: 5))])
    }

    @Test func `a lane that comes later gets the next handle and its ceiling is remembered`() {
        var dialogue = Dialogue.welcomed()
        let lane = Lane(epoch: 5, partition: Partition(number: 2))
        let named = dialogue.say(.lane(LaneOpening(handle: 2, lane: lane, ordinal: 1, ceiling: 65_536)))
        #expect(
            named == [
                .note(.init(lane: lane, ordinal: 1, node: "gw", acknowledged: 0, last: 0, ceiling: 65_536))
            ]
        )
        #expect(dialogue.batch(1, 1, handle: 2).tickets == [1])
        let raised = dialogue.say(.lane(LaneOpening(handle: 2, lane: lane, ordinal: 1, ceiling: 131_072)))
        #expect(
            raised == [
                .note(.init(lane: lane, ordinal: 1, node: "gw", acknowledged: 0, last: 0, ceiling: 131_072))
            ]
        )
    }

    @Test func `parts become the frame that they are of`() {
        var dialogue = Dialogue.welcomed()
        var whole = ByteBuffer()
        Frame.batch(handle: 0, bytes: [9, 1]).encode(into: &whole)
        let bytes = Array(whole.readableBytesView)
        #expect(dialogue.say(.part(Part(assembly: 1, offset: 0, total: 4, bytes: [5, 0]))) == [], "given up halfway")
        #expect(
            dialogue.say(.part(Part(assembly: 2, offset: 0, total: 8, bytes: Array(bytes[..<3])))).tickets == []
        )
        #expect(
            dialogue.say(.part(Part(assembly: 2, offset: 3, total: 8, bytes: Array(bytes[3...])))).tickets == [1]
        )
        #expect(dialogue.complete(1, through: 9).frames.count == 1)
    }

    @Test func `what names a node comes in one piece, where names are checked`() {
        var dialogue = Dialogue.welcomed()
        var notice = Dialogue.clock
        notice.node = "valve"
        let whole = Array(Frame.clock(notice).message.readableBytesView)
        let part = Part(assembly: 1, offset: 0, total: UInt64(whole.count), bytes: whole)
        #expect(dialogue.say(.part(part)).farewell == .protocolFault)
    }

    @Test func `shutdown lands and acknowledges what was read`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.batch(1, 2)
        #expect(dialogue.machine.stop(at: dialogue.now) == [])
        #expect(dialogue.batch(3, 1) == [], "nothing more is taken")
        let end = dialogue.complete(1, through: 2)
        #expect(end.frames.first == .ack(handle: 0, landed: LandedRanges(cumulative: 2)))
        #expect(end.farewell == .closing)
        #expect(end.suffix(2) == [.close, .settled])
    }

    @Test func `shutdown ends an idle connection at once`() {
        var dialogue = Dialogue.welcomed()
        #expect(dialogue.machine.stop(at: dialogue.now).farewell == .closing)
    }

    @Test func `a clone is told whose name it has and what to do`() {
        var dialogue = Dialogue()
        _ = dialogue.say(.hello(Dialogue.hello(node: "press-4")))
        let actions = dialogue.machine.refused(at: dialogue.now)
        #expect(actions.farewell == .nodeNameInUse)
        guard case .bye(let bye)? = actions.frames.first else { return }
        #expect(bye.text.contains("press-4") && bye.text.contains("SLUICE_NODE"))
    }

    @Test func `a fenced connection is settled only when the log has answered for it`() {
        var dialogue = Dialogue.welcomed()
        _ = dialogue.batch(1, 2)
        let fenced = dialogue.machine.fenced(at: dialogue.now)
        #expect(fenced.farewell == .superseded)
        #expect(!fenced.contains(.settled))
        #expect(dialogue.batch(3, 1) == [], "its later frames are not landed")
        #expect(dialogue.complete(1, through: 2) == [.settled])
        #expect(dialogue.machine.disconnected(at: dialogue.now) == [], "settled once")
    }

    @Test func `a connection that closes while it is greeted is settled after the greeting`() {
        var dialogue = Dialogue()
        _ = dialogue.say(.hello(Dialogue.hello()))
        _ = dialogue.machine.admitted(at: dialogue.now)
        #expect(dialogue.machine.disconnected(at: dialogue.now) == [])
        #expect(dialogue.machine.greeted([:], at: dialogue.now) == [.settled])
    }
}
