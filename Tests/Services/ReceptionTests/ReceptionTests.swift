// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import NIOCore
import NIOPosix
import Reception
import ServiceLifecycle
import Storage
import Testing
import UplinkFrames

/// Over real sockets on loopback.
@Suite(.timeLimit(.minutes(1))) struct ReceptionTests {
    let log = ScriptedLog()

    /// Runs a reception while `body` runs, and shuts it down gracefully afterwards.
    func withReception(
        _ configure: (inout ReceptionConfiguration) -> Void = { _ in },
        _ body: (_ port: Int, _ reception: Reception, _ stop: @Sendable () async -> Void) async throws -> Void
    ) async throws {
        var configuration = ReceptionConfiguration()
        configuration.port = 0
        configuration.probeTimeout = .milliseconds(300)
        configuration.retryInterval = .milliseconds(50)
        configure(&configuration)
        let reception = Reception(
            configuration,
            log: log.port,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: .quiet,
            opening: { _ in { bytes, _ in Dialogue.open(bytes) } }
        )
        let port = try await reception.start()
        let services = ServiceGroup(services: [reception], logger: .quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await body(port, reception) { await services.triggerGracefulShutdown() }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    private func configured(
        _ change: @escaping (inout ReceptionConfiguration) -> Void
    ) -> (inout ReceptionConfiguration) -> Void { change }

    private func hello(epoch: UInt64 = 5, node: String = "gw") -> Hello {
        let lane = Lane(epoch: epoch, partition: Partition(number: 1))
        return Hello(
            node: node,
            storeID: 1,
            epoch: Epoch(id: epoch, ordinal: 1),
            hub: 0,
            lanes: [.init(lane: lane, ordinal: 1, node: nil, acknowledged: 0, last: 9, ceiling: 100)]
        )
    }

    private func landed(_ last: UInt64) -> Frame { .ack(handle: 0, landed: LandedRanges(cumulative: last)) }

    @Test func `a batch is landed, then acknowledged`() async throws {
        try await withReception { port, reception, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            try await agent.send(.batch(handle: 0, bytes: [1, 3]))
            #expect(try await agent.answer() == landed(3))
            #expect(log.rows == [1...3])
            #expect(reception.statistics().agents == 1)
            #expect(reception.connectedNodes == ["gw"])
            try await agent.send(.ping(9))
            #expect(try await agent.answer() == .pong(9))
        }
    }

    @Test func `messages may come in fragments and with WebSocket pings between`() async throws {
        try await withReception { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            try await agent.send(ScriptedAgent.message(opcode: 9, [1, 2]))
            let message = ScriptedAgent.message(.batch(handle: 0, bytes: [1, 3]), split: 2)
            for byte in message { try await agent.send([byte]) }
            #expect(try await agent.answer() == landed(3))
        }
    }

    @Test func `an event in parts lands`() async throws {
        try await withReception { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            var whole = ByteBuffer()
            Frame.batch(handle: 0, bytes: [1, 2]).encode(into: &whole)
            let bytes = Array(whole.readableBytesView)
            try await agent.send(.part(Part(assembly: 1, offset: 0, total: 8, bytes: Array(bytes[..<2]))))
            try await agent.send(.part(Part(assembly: 1, offset: 2, total: 8, bytes: Array(bytes[2...]))))
            #expect(try await agent.answer() == landed(2))
        }
    }

    @Test func `a poisoned batch is rejected and does not stop the lane`() async throws {
        try await withReception { port, reception, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            try await agent.send(.batch(handle: 0, bytes: [1, 2, 1]))
            guard case .reject(0, let rejection)? = try await agent.answer() else {
                Issue.record("no rejection")
                return
            }
            #expect(rejection.first == 1 && rejection.last == 2)
            try await agent.send(.gap(handle: 0, GapNotice(first: 1, last: 2, reason: .rejected, endKnown: true)))
            try await agent.send(.batch(handle: 0, bytes: [3, 1]))
            while let answer = try await agent.answer(), answer != landed(3) {}
            #expect(reception.statistics().rejected == 1)
        }
    }

    @Test(arguments: [
        ScriptedAgent.message(opcode: 2, [99, 1, 2, 3]),
        ScriptedAgent.message(opcode: 2, []),
        ScriptedAgent.message(opcode: 1, Array("hello".utf8)),
        ScriptedAgent.message(opcode: 2, [11, 1], masked: false),
        ScriptedAgent.message(opcode: 0, [11, 1]),
        ScriptedAgent.message(opcode: 3, [11, 1]),
        ScriptedAgent.message(.batch(handle: 9, bytes: [1, 1])),
        [0x82, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4],
        [UInt8](repeating: 0xFF, count: 14),
    ])
    func `malformed bytes cost that connection and nothing else`(bytes: [UInt8]) async throws {
        try await withReception { port, reception, _ in
            let other = try await ScriptedAgent.welcomed(port: port, hello(node: "other"))
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            try await agent.send(bytes)
            guard case .bye(let bye)? = try await agent.answer() else {
                Issue.record("no farewell")
                return
            }
            #expect(bye.reason == .protocolFault)
            try await agent.closed()
            #expect(reception.statistics().faults == 1)
            try await other.send(.batch(handle: 0, bytes: [1, 3]))
            #expect(try await other.answer() == landed(3))
        }
    }

    @Test func `plain HTTP is told what this port is`() async throws {
        try await withReception { port, _, _ in
            let browser = try await ScriptedAgent.connect(port: port)
            try await browser.send(Array("GET / HTTP/1.1\r\nHost: hub\r\n\r\n".utf8))
            let text = try await browser.text()
            #expect(text.hasPrefix("HTTP/1.1 426 Upgrade Required\r\n"))
            #expect(text.contains("SLUICE_HUB=ws://"))
        }
    }

    @Test func `another protocol on the port is closed`() async throws {
        try await withReception { port, _, _ in
            let device = try await ScriptedAgent.connect(port: port)
            // An MQTT CONNECT.
            try await device.send([0x10, 0x0C, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0])
            _ = try await device.text()
        }
    }

    @Test func `who says nothing is closed`() async throws {
        try await withReception(configured { $0.helloTimeout = .seconds(3) }) { port, _, _ in
            let mute = try await ScriptedAgent.connect(port: port)
            let upgraded = try await ScriptedAgent.open(port: port)
            #expect(try await mute.text() == "")
            try await upgraded.closed()
        }
    }

    @Test func `connections beyond the limit are told so`() async throws {
        try await withReception(configured { $0.maximumConnections = 1 }) { port, _, _ in
            let first = try await ScriptedAgent.welcomed(port: port, hello())
            let second = try await ScriptedAgent.connect(port: port)
            try await second.send(Array(ScriptedAgent.upgrade.utf8))
            #expect(try await second.text().hasPrefix("HTTP/1.1 503"))
            first.disconnect()
        }
    }

    @Test func `a second connection fences the first and is welcomed after what the first had handed over`()
        async throws
    {
        try await withReception { port, _, _ in
            let older = try await ScriptedAgent.welcomed(port: port, hello())
            log.hold()
            try await older.send(.batch(handle: 0, bytes: [1, 3]))
            try await older.send(.ping(1))
            #expect(try await older.answer() == .pong(1), "the hub has read the batch")
            let newer = try await ScriptedAgent.open(port: port)
            try await newer.send(.hello(hello()))
            guard case .bye(let bye)? = try await older.answer() else {
                Issue.record("the older connection was not fenced")
                return
            }
            #expect(bye.reason == .superseded)
            // Fails where the hub's closing has come already.
            try? await older.send(.batch(handle: 0, bytes: [4, 1]))
            log.release()
            guard case .welcome(let welcome)? = try await newer.answer() else {
                Issue.record("no welcome")
                return
            }
            #expect(welcome.landed == [LandedRanges(cumulative: 3)], "what the older one handed over is counted")
            try await newer.send(.batch(handle: 0, bytes: [4, 2]))
            #expect(try await newer.answer() == landed(5))
            #expect(log.rows == [1...3, 4...5], "what came after the fence was not landed")
        }
    }

    @Test func `a clone of a live agent gets a named error and the first goes on`() async throws {
        try await withReception(configured { $0.probeTimeout = .seconds(60) }) { port, _, _ in
            let first = try await ScriptedAgent.welcomed(port: port, hello())
            let clone = try await ScriptedAgent.open(port: port)
            try await clone.send(.hello(hello(epoch: 6)))
            guard case .ping(let number)? = try await first.frame() else {
                Issue.record("the first was not asked")
                return
            }
            try await first.send(.pong(number))
            guard case .bye(let bye)? = try await clone.answer() else {
                Issue.record("the clone was taken")
                return
            }
            #expect(bye.reason == .nodeNameInUse && bye.text.contains("gw"))
            try await first.send(.batch(handle: 0, bytes: [1, 3]))
            #expect(try await first.answer() == landed(3))
        }
    }

    @Test func `an agent that restarted takes over from a connection where nobody answers`() async throws {
        try await withReception { port, _, _ in
            let dead = try await ScriptedAgent.welcomed(port: port, hello())
            let restarted = try await ScriptedAgent.welcomed(port: port, hello(epoch: 6))
            try await dead.closed()
            try await restarted.send(.batch(handle: 0, bytes: [1, 3]))
            #expect(try await restarted.answer() == landed(3))
        }
    }

    @Test func `a full disk loses nothing and the agent is kept until there is room`() async throws {
        try await withReception { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            log.fill(true)
            try await agent.send(.batch(handle: 0, bytes: [1, 3]))
            try await agent.send(.batch(handle: 0, bytes: [4, 3]))
            guard case .hold(let text)? = try await agent.frame(), text.contains("full") else {
                Issue.record("the hub did not say why nothing lands")
                return
            }
            guard case .ping? = try await agent.frame() else {
                Issue.record("the hub said something else than that it lives")
                return
            }
            #expect(log.rows == [])
            log.fill(false)
            while let answer = try await agent.answer(), answer != landed(6) {}
            #expect(log.rows == [1...3, 4...6], "in order")
        }
    }

    @Test func `a log that refuses now and then gets everything in order`() async throws {
        try await withReception { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            log.refuse(every: 3)
            var bytes: [UInt8] = []
            for first in UInt8(1)...40 { bytes += ScriptedAgent.message(.batch(handle: 0, bytes: [first, 1])) }
            try await agent.send(bytes)
            while let answer = try await agent.answer(), answer != landed(40) {}
            #expect(log.rows == (UInt64(1)...40).map { $0...$0 })
        }
    }

    @Test func `credit flows for as long as batches land`() async throws {
        try await withReception(configured { $0.credit = 40 }) { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            var credit: UInt64 = 40
            var sent: UInt64 = 0
            for first in UInt8(1)...100 {
                while sent + 4 > credit {
                    if case .credit(let total)? = try await agent.frame() { credit = total }
                }
                try await agent.send(.batch(handle: 0, bytes: [first, 1]))
                sent += 4
            }
            while let answer = try await agent.answer(), answer != landed(100) {}
        }
    }

    @Test func `shutdown acknowledges what was read and says goodbye`() async throws {
        try await withReception { port, _, stop in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            let mute = try await ScriptedAgent.connect(port: port)
            log.hold()
            try await agent.send(.batch(handle: 0, bytes: [1, 3]))
            try await agent.send(.ping(1))
            #expect(try await agent.answer() == .pong(1))
            await stop()
            #expect(try await mute.text() == "")
            log.release()
            #expect(try await agent.answer() == landed(3))
            guard case .bye(let bye)? = try await agent.answer() else {
                Issue.record("no farewell")
                return
            }
            #expect(bye.reason == .closing)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `shutdown is bounded when the disk does not come back`() async throws {
        try await withReception(configured { $0.stopTimeout = .milliseconds(300) }) { port, _, _ in
            let agent = try await ScriptedAgent.welcomed(port: port, hello())
            log.hold()
            try await agent.send(.batch(handle: 0, bytes: [1, 3]))
            try await agent.send(.ping(1))
            _ = try await agent.answer()
        }
    }

    @Test func `an address in use is named with its variable`() async throws {
        try await withReception { port, _, _ in
            var configuration = ReceptionConfiguration()
            configuration.port = port
            let second = Reception(
                configuration,
                log: log.port,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: .quiet
            )
            let error = await #expect(throws: ReceptionError.self) { _ = try await second.start() }
            #expect(error == .addressInUse("127.0.0.1:\(port)"))
            #expect("\(error!)".contains("SLUICE_HUB_LISTEN"))
        }
    }

    @Test func `listening beyond loopback needs a word`() async throws {
        var configuration = ReceptionConfiguration()
        configuration.host = "0.0.0.0"
        let reception = Reception(
            configuration,
            log: log.port,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: .quiet
        )
        let error = await #expect(throws: ReceptionError.self) { _ = try await reception.start() }
        #expect("\(error!)".contains("SLUICE_INSECURE=1"))
    }
}

extension Logger {
    /// For tests: says nothing.
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
