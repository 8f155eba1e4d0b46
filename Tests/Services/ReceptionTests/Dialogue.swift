// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Reception
import Storage
import UplinkFrames

/// A connection machine with a clock that a test turns, and batches that say in plain bytes what they hold.
///
/// A test batch is `[first, count]`; `[first, count, 1]` does not decode, and a shorter one has no header.
struct Dialogue {
    static let hubID: UInt64 = 77
    static let lane = Lane(epoch: 5, partition: Partition(number: 1))
    static let alarms = Lane(epoch: 5, partition: Partition(number: 0))

    var machine: AgentConnectionMachine
    var now = NIODeadline.uptimeNanoseconds(0)

    /// - Parameter certifiedNodes: what the agent's certificate is for; nil where none is asked for.
    init(credit: UInt64 = 10_000, certifiedNodes: [String]? = nil) {
        var settings = AgentConnectionMachine.Settings(
            hubID: Self.hubID,
            hubEpoch: 78,
            credit: credit,
            maximumEventBytes: 1_000,
            linkTimeout: .seconds(30)
        )
        settings.certifiedNodes = certifiedNodes
        machine = AgentConnectionMachine(settings, at: now)
    }

    /// A dialogue that is past welcome.
    static func welcomed(credit: UInt64 = 10_000) -> Dialogue {
        var dialogue = Dialogue(credit: credit)
        _ = dialogue.say(.hello(hello()))
        _ = dialogue.machine.admitted(at: dialogue.now)
        _ = dialogue.machine.greeted([:], at: dialogue.now)
        return dialogue
    }

    static func hello(node: String = "gw", hub: UInt64 = hubID, acknowledged: UInt64 = 0) -> Hello {
        Hello(
            node: node,
            storeID: 1,
            epoch: Epoch(id: 5, ordinal: 1),
            hub: hub,
            lanes: [
                .init(lane: lane, ordinal: 1, node: nil, acknowledged: acknowledged, last: 9, ceiling: 100),
                .init(lane: alarms, ordinal: 1, node: "old-name", acknowledged: acknowledged, last: 9, ceiling: 100),
            ]
        )
    }

    static let clock = ClockNotice(
        epoch: Epoch(id: 5, ordinal: 1),
        node: nil,
        record: ClockRecord(
            ordinal: 2,
            reading: ClockReading(boot: 3, uptime: 4, wall: 5, quality: .unset),
            places: [.init(partition: lane.partition, first: 6)]
        )
    )

    static func open(_ bytes: [UInt8]) -> OpenedBatch {
        guard bytes.count >= 2 else { return .unreadable("no header") }
        let first = UInt64(bytes[0])
        let last = first + UInt64(bytes[1]) - 1
        guard bytes.count == 2 else {
            return .refused(Rejection(first: first, last: last, reason: .undecodable, text: "poison"))
        }
        var block = EventBlock()
        for sequence in first...last { block.append(sequence: sequence, timestamp: 0, topic: "t", payload: []) }
        return .events(block)
    }

    mutating func say(_ frame: Frame) -> [AgentConnectionMachine.Action] {
        var buffer = ByteBuffer()
        frame.encode(into: &buffer)
        return machine.receive(frame, size: buffer.readableBytes - Frame.checkBytes, at: now, open: Self.open)
    }

    mutating func batch(_ first: UInt8, _ count: UInt8, handle: UInt32 = 0) -> [AgentConnectionMachine.Action] {
        say(.batch(handle: handle, bytes: [first, count]))
    }

    /// The log's answer to one order, as a commit of its own.
    mutating func complete(
        _ ticket: UInt64,
        through last: UInt64
    ) -> [AgentConnectionMachine.Action] {
        machine.completed(ticket, .success(Landed(sequences: SequenceSet(cumulative: last), new: 1, repeated: 0)))
        return machine.flush(at: now)
    }
}

extension [AgentConnectionMachine.Action] {
    var frames: [Frame] { compactMap { if case .send(let frame) = $0 { frame } else { nil } } }

    var tickets: [UInt64] { compactMap { if case .land(let order) = $0 { order.ticket } else { nil } } }

    /// The reason of the farewell among them.
    var farewell: Bye.Reason? {
        for case .bye(let bye) in frames { return bye.reason }
        return nil
    }
}
