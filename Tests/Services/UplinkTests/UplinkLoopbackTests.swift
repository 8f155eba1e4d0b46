// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import NIOCore
import NIOPosix
import Storage
import Synchronization
import TestSupport
import Testing
import UplinkFrames

@testable import Uplink

/// An uplink against a scripted hub, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct UplinkLoopbackTests {
    /// Noise in each, so that they fill some tens of packets.
    private let payloads: [String] = {
        var generator = SeededGenerator(seed: 1)
        return (1...3_000).map { "{\"n\":\($0),\"v\":\"\(generator.next())\"}" }
    }()

    private struct TimedOut: Error {}

    private func until(_ limit: Duration = .seconds(15), _ isDone: () -> Bool) async throws {
        let end = ContinuousClock.now + limit
        while !isDone() {
            guard ContinuousClock.now < end else { throw TimedOut() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func withUplink(
        _ hub: FakeHub?,
        _ lanes: ScriptedLanes,
        port: Int? = nil,
        linkTimeout: Duration = .seconds(10),
        _ body: (Uplink, Int) async throws -> Void
    ) async throws {
        let hubPort = if let hub { try await hub.start() } else { port ?? 1 }
        var configuration = UplinkConfiguration()
        configuration.hubs = [UplinkConfiguration.Hub(host: "127.0.0.1", port: hubPort)]
        configuration.linkTimeout = linkTimeout
        var logger = Logger(label: "uplink")
        logger.logLevel = .critical
        let uplink = Uplink(
            configuration,
            source: lanes.source,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            batching: MultiThreadedEventLoopGroup.singleton.next().executor,
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await uplink.run() }
            try await body(uplink, hubPort)
            group.cancelAll()
        }
        try await hub?.stop()
    }

    private func check(_ hub: FakeHub, _ eventClass: EventClass = .normal) {
        let events = hub.snapshot.events[ScriptedLanes.lane(eventClass)] ?? []
        #expect(events.map(\.sequence) == Array(1...UInt64(payloads.count)))
        #expect(events.map(\.text) == payloads.map { "a/b " + $0 })
    }

    @Test func `a hub that knows no primers is spoken to without them`() async throws {
        let hub = FakeHub()
        hub.state.withLock { $0.version = 1 }
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        try await withUplink(hub, lanes) { uplink, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            check(hub)
            #expect(hub.snapshot.connections == 3 && hub.snapshot.publications == 0)
            #expect(uplink.statistics().primer == nil)
        }
    }

    @Test func `clock records reach the hub, and not one that knows none`() async throws {
        for version in [Hello.currentVersion, 2] {
            let hub = FakeHub()
            hub.state.withLock { $0.version = version }
            let lanes = ScriptedLanes()
            lanes.append(.normal, Array(payloads.prefix(50)))
            let clock = ClockAnnouncement(
                node: "gateway",
                epoch: ScriptedLanes.epoch,
                record: ClockRecord(
                    ordinal: 1,
                    reading: ClockReading(boot: 1, uptime: 2, wall: 3, quality: .unset),
                    places: []
                )
            )
            lanes.state.withLock { $0.clocks = [clock] }
            try await withUplink(hub, lanes) { _, _ in
                try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == 50 }
                if version >= 3 { try await until { lanes.state.withLock { $0.clocks.isEmpty } } }
                let expected = ClockNotice(epoch: clock.epoch, node: nil, record: clock.record)
                #expect(hub.snapshot.clocks == (version >= 3 ? [expected] : []))
            }
        }
    }

    @Test func `a hub that says what only a later version has is asked for an older one`() async throws {
        let hub = FakeHub(.laterFrame)
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        try await withUplink(hub, lanes) { _, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            check(hub)
            #expect(hub.snapshot.versions == [3, 2])
        }
    }

    @Test func `a primer is published once and named, whatever becomes of the connection`() async throws {
        let hub = FakeHub(.reset(afterBatches: 12))
        hub.state.withLock { $0.maximumPrimerBytes = 1 << 18 }
        let lanes = ScriptedLanes()
        lanes.append(.normal, Array(payloads.prefix(1_500)))
        try await withUplink(hub, lanes) { uplink, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == 1_500 }
            lanes.append(.normal, [payloads[1_500]])
            try await until { uplink.statistics().primer?.isActive == true }
            lanes.append(.normal, Array(payloads.suffix(1_499)))
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            check(hub)
            #expect(hub.snapshot.publications >= 1 && hub.snapshot.primed > 0)
            #expect(hub.snapshot.primers.count == 1)
        }
    }

    @Test func `all events arrive in order, once, in packets, and are acknowledged`() async throws {
        let hub = FakeHub()
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        try await withUplink(hub, lanes) { uplink, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            lanes.append(.alarm, ["late"])
            try await until { lanes.acknowledged[ScriptedLanes.lane(.alarm)]?.cumulative == 1 }
            check(hub)
            #expect(hub.snapshot.repeated == 0)
            #expect(hub.snapshot.largestMessage <= 1_200)
            let figures = uplink.statistics()
            #expect(figures.trouble == nil)
            #expect(figures.acknowledgedEvents == UInt64(payloads.count) + 1)
            #expect(figures.sinceLastAck != nil)
            #expect(figures.bytesSent > 1_000 && figures.bytesReceived > 100)
        }
    }

    @Test(arguments: [FakeHub.Fault.reset(afterBatches: 5), .cutFrame(afterBatches: 5), .silence(afterBatches: 5)])
    func `a link that breaks is made again and nothing is lost`(fault: FakeHub.Fault) async throws {
        let hub = FakeHub(fault)
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        try await withUplink(hub, lanes) { uplink, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            check(hub)
            #expect(uplink.statistics().connections == 2)
        }
    }

    @Test func `an event that the hub cannot take becomes a gap and the lane goes on`() async throws {
        let hub = FakeHub(.reject(sequence: 1_500))
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        try await withUplink(hub, lanes) { _, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
        }
        let lane = ScriptedLanes.lane(.normal)
        #expect(hub.snapshot.gaps == [Gap(lane: lane, first: 1_500, last: 1_500, reason: .rejected)])
        #expect(hub.snapshot.events[lane]?.count == payloads.count - 1)
    }

    @Test func `a large event travels in parts`() async throws {
        let hub = FakeHub()
        let lanes = ScriptedLanes()
        var seed: UInt64 = 1
        let noise = (0..<200_000).map { _ -> Character in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1
            return Character(UnicodeScalar(UInt8(33 + (seed >> 33) % 90)))
        }
        lanes.append(.bulk, [String(noise), "after"])
        try await withUplink(hub, lanes) { _, _ in
            try await until { lanes.acknowledged[ScriptedLanes.lane(.bulk)]?.cumulative == 2 }
        }
        #expect(hub.snapshot.events[ScriptedLanes.lane(.bulk)]?.map(\.text) == ["a/b " + String(noise), "a/b after"])
        #expect(hub.snapshot.largestMessage <= 1_200)
    }

    @Test func `a hub that is not there is named, and found when it comes`() async throws {
        let lanes = ScriptedLanes()
        lanes.append(.normal, payloads)
        let placeholder = FakeHub()
        let port = try await placeholder.start()
        try await placeholder.stop()
        try await withUplink(nil, lanes, port: port) { uplink, port in
            try await until { uplink.statistics().trouble?.contains("connection refused") ?? false }
            let hub = FakeHub()
            _ = try await hub.start(port: port)
            try await until { lanes.acknowledged[ScriptedLanes.lane(.normal)]?.cumulative == UInt64(payloads.count) }
            check(hub)
            try await hub.stop()
        }
    }

    @Test func `in the clear beyond loopback is refused, naming the way out`() async {
        var configuration = UplinkConfiguration()
        configuration.hubs = [UplinkConfiguration.Hub(host: "hub.example", port: 80)]
        let uplink = Uplink(
            configuration,
            source: ScriptedLanes().source,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            batching: MultiThreadedEventLoopGroup.singleton.next().executor,
            logger: Logger(label: "uplink")
        )
        let fault = await #expect(throws: UplinkFault.self) { try await uplink.run() }
        #expect(fault?.description.contains("SLUICE_INSECURE=1") ?? false)
    }
}
