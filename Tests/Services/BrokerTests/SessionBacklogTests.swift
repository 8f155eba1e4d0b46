// SPDX-License-Identifier: Apache-2.0

import MQTT
import TestSupport
import Testing

@testable import Broker

@Suite struct SessionBacklogTests {
    private let budget = ByteBudget(maximum: 1_000)

    private func backlog(count: Int = 100, bytes: Int = 1_000) -> SessionBacklog {
        SessionBacklog(maximumCount: count, maximumBytes: bytes, budget: budget)
    }

    private func add(_ number: UInt64, _ payload: Int = 9, to backlog: inout SessionBacklog) -> UInt16? {
        backlog.add(number: number) { packetID in
            QueuedMessage(
                packetID: packetID,
                qualityOfService: .exactlyOnce,
                retain: false,
                identifiers: [],
                message: KeptMessage(
                    timestamp: Int64(number),
                    topicLength: 1,
                    attributesLength: 0,
                    bytes: [UInt8](repeating: 0x61, count: payload + 1)
                )
            )
        }?.packetID
    }

    @Test func `nothing is sent before it is durable, and what follows does not overtake it`() {
        var backlog = backlog()
        #expect(add(1, to: &backlog) == 1 && add(2, to: &backlog) == 2)
        #expect(backlog.next() == nil)
        backlog.settle(2, number: 2, isKept: true)
        #expect(backlog.next() == nil)
        backlog.settle(1, number: 1, isKept: true)
        #expect(backlog.next()?.queued.packetID == 1)
        backlog.sent(1)
        #expect(backlog.next()?.queued.packetID == 2)
    }

    @Test func `what could not be made durable is gone`() {
        var backlog = backlog()
        _ = add(1, to: &backlog)
        _ = add(2, to: &backlog)
        backlog.settle(1, number: 1, isKept: false)
        backlog.settle(2, number: 2, isKept: true)
        #expect(backlog.next()?.queued.packetID == 2)
        #expect(backlog.count == 1 && backlog.bytes == 10)
        // The answer of an earlier message under the same identifier means nothing.
        backlog.settle(2, number: 1, isKept: false)
        #expect(backlog.count == 1)
    }

    @Test func `another connection gets everything again, in order, and PUBREL for what it has`() {
        var backlog = backlog()
        for number in 1...4 as ClosedRange<UInt64> {
            _ = add(number, to: &backlog)
            backlog.settle(UInt16(number), number: number, isKept: true)
            backlog.sent(UInt16(number))
        }
        #expect(backlog.finished(2) == 2)
        #expect(backlog.received(3) == 3)
        #expect(backlog.restart() == [], "the commit is under way")
        backlog.settleRelease(3, isKept: true)
        #expect(backlog.restart() == [3])
        var order: [UInt16] = []
        while let next = backlog.next() {
            #expect(next.isAgain)
            order.append(next.queued.packetID)
            backlog.sent(next.queued.packetID)
        }
        #expect(order == [1, 4])
        #expect(backlog.finished(3) == 3 && backlog.finished(3) == nil)
    }

    @Test func `an identifier that is in use is not given again`() {
        var backlog = backlog()
        backlog.restore(released: 1, number: 5)
        #expect(add(6, to: &backlog) == 2)
        #expect(backlog.numbers.sorted() == [5, 6])
    }

    @Test func `it is bounded in messages, in bytes, and with the others`() {
        var few = backlog(count: 2)
        #expect(add(1, to: &few) != nil && add(2, to: &few) != nil && add(3, to: &few) == nil)
        few.removeAll()
        var small = backlog(bytes: 25)
        #expect(add(1, to: &small) != nil && add(2, to: &small) != nil && add(3, to: &small) == nil)
        small.removeAll()
        var large = backlog(bytes: 5_000)
        var other = backlog()
        #expect(add(1, 998, to: &large) != nil && add(2, to: &large) != nil && add(3, to: &large) == nil)
        #expect(add(1, to: &other) != nil, "an empty one takes any message")
        #expect(add(2, to: &other) == nil)
        large.removeAll()
        #expect(add(2, to: &other) != nil)
    }
}
