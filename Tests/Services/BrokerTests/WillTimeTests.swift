// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Broker

/// Wills and retained messages that wait for their time, on a loop whose time the test moves.
@Suite struct WillTimeTests {
    private let loop = EmbeddedEventLoop()
    private let ingested = Ingested()

    /// A client of MQTT 5 whose connection is cut as soon as it is in.
    private func visit(_ core: BrokerCore, expiry: UInt32, willDelay: UInt32?) throws {
        var connect = Connect(version: .v5, clientID: "c")
        connect.cleanStart = false
        connect.properties.append(.sessionExpiry, expiry)
        if let willDelay {
            connect.will = Will(topic: "gone", payload: Array("w".utf8), qualityOfService: .atLeastOnce)
            connect.will?.properties.append(.willDelay, willDelay)
        }
        try say([.connect(connect)], to: core)
    }

    private func say(_ packets: [Packet], to core: BrokerCore) throws {
        let connection = BrokerConnection(core: core, entrance: Entrance(allowsAnonymous: true))
        let channel = EmbeddedChannel(handler: connection, loop: loop)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "test"), promise: nil)
        for packet in packets {
            var bytes = ByteBuffer()
            packet.encode(into: &bytes, version: .v5)
            try channel.writeInbound(bytes)
            loop.run()
        }
        channel.close(promise: nil)
        loop.run()
    }

    /// The loop does not go while tasks wait.
    private func end() {
        _ = try? EmbeddedChannel(loop: loop).finish()
    }

    @Test func `a delayed will is published once, whenever the broker starts again`() throws {
        let first = ingested.core(loop)
        try visit(first, expiry: 1_000, willDelay: 60)
        loop.advanceTime(by: .seconds(59))
        #expect(ingested.topics.isEmpty)
        // Killed before it is due: the next run has it.
        end()
        let second = ingested.core(loop)
        loop.advanceTime(by: .seconds(59))
        #expect(ingested.topics.isEmpty, "the time begins anew")
        loop.advanceTime(by: .seconds(1))
        #expect(ingested.topics == ["gone"])
        // Killed after it: no run has it again.
        end()
        let third = ingested.core(loop)
        loop.advanceTime(by: .seconds(2_000))
        #expect(ingested.topics == ["gone"])
        #expect(second.statistics().sessions == 1 && third.statistics().sessions == 0)
        end()
    }

    @Test func `a client that is back in time has its will taken back, over a restart, too`() throws {
        try visit(ingested.core(loop), expiry: 1_000, willDelay: 60)
        end()
        try visit(ingested.core(loop), expiry: 1_000, willDelay: nil)
        loop.advanceTime(by: .seconds(500))
        end()
        _ = ingested.core(loop)
        loop.advanceTime(by: .seconds(500))
        #expect(ingested.topics.isEmpty)
        end()
    }

    @Test func `messages that expire wait for one time, the first, and go without being looked at before`() throws {
        let core = ingested.core(loop)
        var packets: [Packet] = [.connect(Connect(version: .v5, clientID: "p"))]
        for (number, expiry) in [500, 100, 300].enumerated() {
            var publish = Publish(topic: ByteBuffer(string: "t/\(number)"), payload: ByteBuffer(string: "x"))
            publish.retain = true
            publish.properties.append(.messageExpiry, UInt32(expiry))
            packets.append(.publish(publish))
        }
        let start = loop.now
        try say(packets, to: core)
        for (due, left) in [(100, 3), (300, 2), (500, 1)] {
            let timer = core.state.withLock { $0.timer?.due }
            #expect(timer == start + .seconds(Int64(due)) && core.statistics().retained == left)
            loop.advanceTime(to: start + .seconds(Int64(due)))
        }
        #expect(core.statistics().retained == 0)
        #expect(core.state.withLock { $0.timer == nil }, "nothing is left to wait for")
        end()
    }
}
