// SPDX-License-Identifier: Apache-2.0

import Events
import Keys
import NIOCore
import NIOEmbedded
import NIOWebSocket
import TestSupport
import Testing
import UplinkFrames

@testable import Reception
@testable import Uplink

/// A hub's end of a connection whose other end seals, without a socket between them.
@Suite struct SealedConnectionTests {
    private struct Ends {
        var hub: EmbeddedChannel
        var agent: AgentSeal
        var nodes: KnownNodes

        init(_ directory: String, certifiedNodes: [String]? = nil) throws {
            let keys = try SealKeys(path: directory + "/seal.key", name: "hub", makesKey: true)
            let file = KeyFile(directory + "/hub.keys")
            try file.replace(by: Array(keys.text.utf8), isSecret: false)
            let recipients = try SealRecipients(path: file.path)
            nodes = try KnownNodes(path: directory + "/known_nodes")
            agent = AgentSeal(AgentSealing(recipients: recipients, node: try NodeKeys(directory: directory)))
            let core = ReceptionCore(
                ReceptionConfiguration(),
                log: ScriptedLog().port,
                sealing: HubSealing(keys: keys, nodes: nodes),
                opening: { _ in { bytes, _ in Dialogue.open(bytes) } },
                logger: .quiet
            )
            hub = EmbeddedChannel(handler: AgentConnectionHandler(core: core, certifiedNodes: certifiedNodes))
            hub.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            var offer = try #require(try say(agent.ask()).first)
            guard case .ready(let key) = try agent.receive(&offer, at: .zero) else { throw NoOffer() }
            #expect(try say(key).isEmpty)
        }

        /// What the hub answers to a message at once.
        func say(_ message: ByteBuffer) throws -> [ByteBuffer] {
            try hub.writeInbound(WebSocketFrame(fin: true, opcode: .binary, maskKey: [0, 0, 0, 0], data: message))
            var answers: [ByteBuffer] = []
            while let answer = try hub.readOutbound(as: WebSocketFrame.self) {
                if answer.opcode == .binary { answers.append(answer.unmaskedData) }
            }
            return answers
        }

        /// The goodbye that a frame is answered with; nil where it is taken.
        func farewell(to frame: Frame) throws -> Bye? {
            guard var answer = try say(agent.message(frame)).first,
                case .frame(.bye(let bye)) = try agent.receive(&answer, at: .zero)
            else { return nil }
            return bye
        }
    }

    private struct NoOffer: Error {}

    private func hello(_ names: [String]) -> Frame {
        let lanes = names.enumerated().map { index, name in
            Hello.LaneSummary(
                lane: Lane(epoch: UInt64(index + 1), partition: Partition(number: 1)),
                ordinal: 1,
                node: name,
                acknowledged: 0,
                last: 9,
                ceiling: 100
            )
        }
        return .hello(Hello(node: names[0], storeID: 1, epoch: Epoch(id: 1, ordinal: 1), hub: 0, lanes: lanes))
    }

    @Test func `a node and the names that it had are learned when it says hello`() throws {
        try ScratchDirectory.with { directory in
            let ends = try Ends(directory)
            #expect(try ends.farewell(to: hello((0..<8).map { "gate-\($0)" })) == nil)
            #expect(try ends.nodes.all().count == 8)
        }
    }

    @Test func `of one who has more names than a node can have had none is learned`() throws {
        try ScratchDirectory.with { directory in
            let ends = try Ends(directory)
            let bye = try ends.farewell(to: hello((0..<9).map { "gate-\($0)" }))
            #expect(bye?.reason == .notAuthorised && bye?.text.contains("more than 8 node names") == true)
            #expect(try ends.nodes.all().isEmpty)
        }
    }

    @Test func `a node that the certificate is not for is not learned`() throws {
        try ScratchDirectory.with { directory in
            let ends = try Ends(directory, certifiedNodes: ["pump-7"])
            let bye = try ends.farewell(to: hello(["pump-7", "pump-8"]))
            #expect(bye?.reason == .notAuthorised && bye?.text.contains("not for node pump-8") == true)
            #expect(try ends.nodes.all().isEmpty)
        }
    }
}
