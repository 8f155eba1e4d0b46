// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Broker

@Suite struct ConnectRateTests {
    private func time(_ seconds: Double) -> NIODeadline { .uptimeNanoseconds(UInt64(seconds * 1e9)) }

    /// How many of so many connections at once may come.
    private func crowd(_ count: Int, _ source: String, at seconds: Double, _ rate: inout ConnectRate) -> Int {
        (0..<count).count { _ in rate.allows(source, now: time(seconds)) }
    }

    @Test func `a thousand devices behind one router come back at once, and more at the rate`() {
        var rate = ConnectRate(perSecond: 100)
        #expect(crowd(5_000, "192.0.2.1", at: 1, &rate) == 1_000)
        #expect(crowd(10, "192.0.2.1", at: 1.005, &rate) == 0)
        #expect(crowd(10, "192.0.2.1", at: 1.02, &rate) == 2)
        #expect(crowd(5_000, "192.0.2.1", at: 11.02, &rate) == 1_000)
        #expect(crowd(5_000, "192.0.2.2", at: 11.02, &rate) == 1_000)
    }

    @Test func `a bucket that was not used holds no more than ten seconds' worth`() {
        var rate = ConnectRate(perSecond: 2)
        #expect(crowd(100, "a", at: 0, &rate) == 20)
        #expect(crowd(100, "a", at: 1_000, &rate) == 20)
    }

    @Test func `without a rate all come in`() {
        var rate = ConnectRate(perSecond: 0)
        #expect(crowd(100_000, "a", at: 0, &rate) == 100_000)
        #expect(rate.count == 0)
    }

    @Test func `it holds no more addresses than it may, and forgets those that owe least`() {
        var rate = ConnectRate(perSecond: 1, capacity: 10)
        #expect(crowd(100, "flood", at: 0, &rate) == 10)
        for number in 0..<1_000 { #expect(crowd(1, "\(number)", at: 0.001, &rate) == 1) }
        #expect(rate.count == 10)
        #expect(crowd(100, "flood", at: 0.002, &rate) == 0)
    }

    @Test(arguments: [
        ("192.0.2.1", 20), ("2001:db8::1", 20), ("127.0.0.1", 100), ("::1", 100), ("::ffff:127.0.0.1", 100),
    ])
    func `a listener closes what is too fast, but never what comes from this machine`(
        address: String,
        expected: Int
    ) throws {
        let loop = EmbeddedEventLoop()
        var configuration = BrokerConfiguration()
        configuration.maximumConnectRate = 2
        let log = LogLines()
        let core = BrokerCore(
            configuration,
            eventLoop: loop,
            access: AccessControl(configuration.access, logger: .quiet),
            logger: log.logger,
            memory: nil,
            now: { 0 },
            ingest: { _, _, _ in }
        )
        let listener = Listener(
            configuration: configuration.allListeners[0],
            core: core,
            entrance: Entrance(allowsAnonymous: true),
            contexts: nil,
            slots: HandshakeSlots(maximum: 1)
        )
        let channels = try (0..<100).map { _ in
            let channel = EmbeddedChannel(loop: loop)
            let peer = try SocketAddress(ipAddress: address, port: 1_000)
            channel.connect(to: peer, promise: nil)
            channel.remoteAddress = peer
            try listener.accept(channel).wait()
            return channel
        }
        #expect(channels.count(where: \.isActive) == expected)
        #expect(core.statistics().turnedAway["connect rate"] == (expected == 100 ? nil : 80))
        #expect(log.contain("SLUICE_MQTT_CONNECT_RATE") == (expected < 100))
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }
}
