// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import NIOCore
import NIOPosix
import Reception
import ServiceLifecycle
import Storage
import TestSupport
import Testing
import UplinkFrames

/// Agents of other versions, by what they said when it was recorded, with a hub and a log of this one.
@Suite(.timeLimit(.minutes(1))) struct GoldenAgentTests {
    private func withHub(_ body: (_ port: Int, _ log: HubLog) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-golden-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.failed(path: "/tmp", reason: "mkdtemp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { for name in ["hub.db", "hub.id", "hub.lock"] { unlink("\(directory)/\(name)") } }
        // The ids that the hub had when it was recorded.
        var ids: UInt64 = 0x77
        let log = try HubLog.open(
            HubLogConfiguration(directory: directory),
            randomID: {
                ids += 1
                return ids
            },
            logger: .quiet
        )
        var configuration = ReceptionConfiguration()
        configuration.port = 0
        let reception = Reception(
            configuration,
            log: log,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: .quiet
        )
        let port = try await reception.start()
        let services = ServiceGroup(services: [reception], logger: .quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await body(port, log)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        await log.close()
    }

    private func bytes(_ hexadecimal: Substring) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private func hexadecimal(_ frame: Frame) -> String {
        var buffer = ByteBuffer()
        frame.encode(into: &buffer)
        return buffer.readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(arguments: [1, 2])
    func `an agent of an older version hears what it heard then, to the byte`(version: Int) async throws {
        try await withHub { port, log in
            let agent = try await ScriptedAgent.open(port: port)
            for line in try GoldenFile.lines("conversation/version-\(version).txt") {
                switch line.prefix(2) {
                case "> ": try await agent.send(ScriptedAgent.message(opcode: 2, bytes(line.dropFirst(2))))
                case "< ":
                    let frame = try #require(try await agent.answer(), "\(line)")
                    #expect("< " + hexadecimal(frame) == line)
                default: #expect(try await agent.answer() == nil, "the hub closes")
                }
            }
            #expect(log.statistics().events == 8)
            #expect(log.statistics().gapEvents == 2)
        }
    }

    @Test func `an agent of the next version is served in this one`() async throws {
        try await withHub { port, log in
            let agent = try await ScriptedAgent.open(port: port)
            let lane = Lane(epoch: 0xE1, partition: Partition(number: 1))
            let hello = Hello(
                version: Hello.currentVersion + 1,
                node: "next",
                storeID: 1,
                epoch: Epoch(id: 0xE1, ordinal: 1),
                hub: 0,
                lanes: [.init(lane: lane, ordinal: 1, node: nil, acknowledged: 0, last: 4, ceiling: 100)]
            )
            // With fields at the end that nobody here knows.
            var buffer = ByteBuffer()
            Frame.hello(hello).encode(into: &buffer)
            var body = Array(buffer.readableBytesView.dropLast(Frame.checkBytes)) + [7, 7, 7]
            let check = UInt32(truncatingIfNeeded: XXHash64.hash(body.span.bytes))
            withUnsafeBytes(of: check.bigEndian) { body.append(contentsOf: $0) }
            try await agent.send(ScriptedAgent.message(opcode: 2, body))
            guard case .welcome(let welcome)? = try await agent.answer() else {
                Issue.record("no welcome")
                return
            }
            #expect(welcome.version == Hello.currentVersion)
            // It goes on as a program of this version would: the batch and the answer are those of the recording.
            let recording = try GoldenFile.lines("conversation/version-2.txt")
            try await agent.send(ScriptedAgent.message(opcode: 2, bytes(recording[2].dropFirst(2))))
            #expect(try await agent.answer() == .ack(handle: 0, landed: LandedRanges(cumulative: 4)))
            let record = ClockRecord(
                ordinal: 1,
                reading: ClockReading(boot: 1, uptime: 2, wall: 3, quality: .unset),
                places: []
            )
            try await agent.send(.clock(ClockNotice(epoch: hello.epoch, node: nil, record: record)))
            #expect(try await agent.answer() == .clockLanded(epoch: 0xE1, ordinal: 1))
            // What only its own version has is not nonsense: it is told that it is of another version.
            var unknown: [UInt8] = [99, 1, 2, 3]
            let unknownCheck = UInt32(truncatingIfNeeded: XXHash64.hash(unknown.span.bytes))
            withUnsafeBytes(of: unknownCheck.bigEndian) { unknown.append(contentsOf: $0) }
            try await agent.send(ScriptedAgent.message(opcode: 2, unknown))
            guard case .bye(let bye)? = try await agent.answer() else {
                Issue.record("no goodbye")
                return
            }
            #expect(bye.reason == .versionUnsupported)
            #expect(log.statistics().events == 4)
        }
    }
}
