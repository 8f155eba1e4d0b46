// SPDX-License-Identifier: Apache-2.0

import Events
package import Storage
import UplinkFrames

extension SendMachine {
    /// A clock record that has left and is not answered.
    struct SentClock: Sendable {
        var name: ClockAnnouncement.Name
        var bytes: Int
        var stamp: PaceMachine.Stamp
    }

    /// Clock records that the hub has not acknowledged: those that were not offered on this connection wait to be sent.
    ///
    /// A hub of an older version is not told: the records stay in the store for one that can.
    package mutating func offer(_ clocks: [ClockAnnouncement]) {
        guard version >= 3 else { return }
        for clock in clocks where offeredClocks.insert(clock.name).inserted { waitingClocks.append(clock) }
    }

    /// The hub has a record.
    package mutating func clockLanded(_ epoch: UInt64, _ ordinal: UInt32, at now: Duration) -> [Effect] {
        let name = ClockAnnouncement.Name(epoch: epoch, ordinal: ordinal)
        for sent in sentClocks where sent.name == name { pace.confirmed(sent.bytes, sent.stamp, at: now) }
        sentClocks.removeAll { $0.name == name }
        return [.acknowledgeClock(name)]
    }

    /// The next record; nil when none waits or none may leave.
    mutating func nextOfClocks(at now: Duration) -> Frame? {
        guard let clock = waitingClocks.first else { return nil }
        let notice = ClockNotice(
            epoch: clock.epoch,
            node: clock.node == node ? nil : clock.node,
            record: clock.record
        )
        let frame = Frame.clock(notice)
        let bytes = frame.encodedBytes
        guard mayLeave(bytes) else { return nil }
        waitingClocks.removeFirst()
        spent += UInt64(bytes)
        sentClocks.append(SentClock(name: clock.name, bytes: bytes, stamp: pace.sent(bytes, at: now)))
        return frame
    }

    /// Whether the hub has all clock records that it was to have.
    var isClockDone: Bool { waitingClocks.isEmpty && sentClocks.isEmpty }
}
