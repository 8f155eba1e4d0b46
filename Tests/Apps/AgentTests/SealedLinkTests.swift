// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import Events
import FoundationEssentials
import Hub
import Keys
import NIOCore
import Reception
import Storage
import Synchronization
import Testing
import Uplink
import UplinkFrames

/// An agent and a hub that seal end to end, with somebody in the middle who reads and changes what goes by.
@Suite(.timeLimit(.minutes(2))) struct SealedLinkTests: AgentTesting {
    typealias Plan = Middleman.Plan

    /// Writes what `sluice-hub keys` would print into a file for agents.
    private func trust(_ directory: String) throws -> String {
        let keys = try SealKeyStore(file: nil, stateDirectory: directory + "/hub").open()
        let path = directory + "/hub.seal"
        try Data((keys.recipients[0].line + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func withHub(
        _ plan: Plan? = nil,
        requiresSealing: Bool = false,
        _ body: (_ hub: Hub, _ middleman: Middleman, _ directory: String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let hub = try await startHub(in: directory) { $0.requiresSealing = requiresSealing }
            let middleman = try await Middleman.start(to: hub.port, group: group, plan)
            try await running(hub.services) { try await body(hub, middleman, directory) }
            try await middleman.stop()
        }
    }

    private func withSealingAgent(
        _ middleman: Middleman,
        _ directory: String,
        node: String? = nil,
        sealTo file: String? = nil,
        period: Duration? = nil,
        _ body: (Agent) async throws -> Void
    ) async throws {
        let file = try file ?? trust(directory)
        let agent = try await startAgent(in: directory, hub: middleman.port) { configuration in
            configuration.sealToFile = file
            configuration.store.node = node ?? configuration.store.node
            configuration.sealPeriod = period ?? configuration.sealPeriod
        }
        try await running(agent.services) { try await body(agent) }
    }

    private func drained(_ directory: String) async throws {
        _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
    }

    /// Every sequence of the only lane, as often as it landed.
    private func landed(_ hub: Hub) async throws -> [UInt64] {
        let entries = try await hub.log.read(after: 0, maximumBytes: 1 << 24)
        return entries.flatMap { entry in entry.block.records.map(\.sequence) }.sorted()
    }

    @Test func `nobody in between reads a topic, a payload or a name, and all lands once`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<100, to: agent.mqttPort)
                try await drained(directory)
                #expect(try await landed(hub) == Array(1...100))
                for text in ["site/pump", "reading", agent.store.node] { #expect(!middleman.saw(text), "\(text)") }
                let status = try await status(in: directory) { $0.contains(#""sealed":true"#) }
                #expect(status.contains(#""refused_seals":0"#))
                #expect(hub.reception.statistics().refusedSeals == 0)
                let types = Set(middleman.passages.filter { $0.index > 1 }.compactMap(\.message.first))
                #expect(types == [21])
                let longest = middleman.passages.filter { $0.index > 1 }.map(\.message.count).max()
                #expect(longest ?? 0 <= 1_200)
            }
        }
    }

    @Test func `what is longer than a packet travels in parts that still fit one`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                var configuration = MQTTClientConfiguration(clientID: "camera")
                configuration.port = agent.mqttPort
                let device = try await MQTTClient.connect(configuration, group: group)
                // What no batch makes shorter.
                let picture = (0..<20_000).map { _ in UInt8.random(in: 0...255) }
                try await device.publish(topic: "site/door", payload: ByteBuffer(bytes: picture))
                await device.disconnect()
                try await drained(directory)
                #expect(try await landed(hub) == [1])
                let lengths = middleman.passages.filter { $0.isToHub && $0.index > 1 }.map(\.message.count)
                #expect(lengths.count > 17 && lengths.allSatisfy { $0 <= 1_200 })
            }
        }
    }

    @Test func `the same is read in plain where nothing seals`() async throws {
        try await withHub { hub, middleman, directory in
            let agent = try await startAgent(in: directory, hub: middleman.port)
            try await running(agent.services) {
                try await publish(0..<3, to: agent.mqttPort)
                try await drained(directory)
                #expect(middleman.saw("site/pump") && middleman.saw("reading") && middleman.saw(agent.store.node))
                _ = try await status(in: directory) { $0.contains(#""sealed":false"#) }
                #expect(try await landed(hub) == [1, 2, 3])
            }
        }
    }

    enum Attack: String, CaseIterable, Sendable {
        case again, swapped, dropped, cutShort, flipped, otherCounter, inPlain
    }

    /// The plan of an attack on one message of the first connection.
    private func plan(_ attack: Attack, isToHub: Bool, at index: Int) -> Plan {
        let held = Mutex<[UInt8]?>(nil)
        return { passage in
            guard passage.connection == 1, passage.isToHub == isToHub else { return [passage.message] }
            if attack == .swapped, passage.index == index + 1, let first = held.withLock({ $0.take() }) {
                return [passage.message, first]
            }
            guard passage.index == index else { return [passage.message] }
            var message = passage.message
            switch attack {
            case .again: return [message, message]
            case .swapped:
                held.withLock { $0 = message }
                return []
            case .dropped: return []
            case .cutShort: message.removeLast(3)
            case .flipped: message[message.count / 2] ^= 4
            case .otherCounter: message[1] ^= 0x40
            case .inPlain:
                var forged = ByteBuffer()
                let frame: Frame =
                    isToHub
                    ? .batch(handle: 0, bytes: [1, 2, 3]) : .ack(handle: 0, landed: LandedRanges(cumulative: 900))
                frame.encode(into: &forged)
                return [Array(forged.readableBytesView), message]
            }
            return [message]
        }
    }

    @Test(arguments: Attack.allCases, [true, false])
    func `what is changed on its way is refused, counted and sent again`(attack: Attack, isToHub: Bool) async throws {
        try await withHub(plan(attack, isToHub: isToHub, at: isToHub ? 4 : 3)) { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<100, to: agent.mqttPort)
                try await drained(directory)
                #expect(try await landed(hub) == Array(1...100))
                let counts = (agent.uplink.statistics().refusedSeals, hub.reception.statistics().refusedSeals)
                #expect((isToHub ? counts.1 : counts.0) == 1, "agent \(counts.0), hub \(counts.1)")
                #expect(agent.uplink.statistics().connections == 2)
            }
        }
    }

    @Test func `an agreement that is changed, in any of its messages, comes to nothing`() async throws {
        // Of the agent: seal wanted, content key, hello; of the hub: offer, welcome. Each is spoilt on a connection of its own.
        let targets = [(true, 0), (true, 1), (true, 2), (false, 0), (false, 1)]
        let plan: Plan = { passage in
            guard passage.connection <= targets.count,
                targets[passage.connection - 1] == (passage.isToHub, passage.index)
            else { return [passage.message] }
            // The check is made right again, as somebody would who means it.
            var message = passage.message
            guard message[0] != 21 else {
                message[message.count - 1] ^= 1
                return [message]
            }
            message = Array(message.dropLast(Frame.checkBytes))
            message[message.count / 2] ^= 1
            let check = UInt32(truncatingIfNeeded: XXHash64.hash(message.span.bytes))
            withUnsafeBytes(of: check.bigEndian) { message.append(contentsOf: $0) }
            return [message]
        }
        try await withHub(plan) { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                // A hub that seems to be an old one is left alone for half a minute, unless somebody says that it need not be.
                _ = try await status(in: directory) {
                    agent.reload()
                    return $0.contains(#""backlog_events":0,"#)
                }
                #expect(try await landed(hub) == Array(1...20))
                for text in ["site/pump", "reading", agent.store.node] { #expect(!middleman.saw(text), "\(text)") }
            }
        }
    }

    @Test func `a connection played back does not open`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                try await drained(directory)
                let recorded = middleman.passages.filter { $0.isToHub && $0.connection == 1 }.map(\.message)
                let playedBack = Mutex(false)
                middleman.follow { passage in
                    guard passage.isToHub, passage.connection == 2 else { return [passage.message] }
                    playedBack.withLock { $0 = true }
                    return recorded.indices.contains(passage.index) ? [recorded[passage.index]] : []
                }
                let before = hub.reception.statistics().refusedSeals
                middleman.cutAll()
                try await publish(20..<40, to: agent.mqttPort)
                try await drained(directory)
                #expect(playedBack.withLock { $0 })
                #expect(hub.reception.statistics().refusedSeals == before + 1)
                #expect(try await landed(hub) == Array(1...40))
            }
        }
    }

    @Test func `an agent that seals says nothing to a hub that seems not to`() async throws {
        var bye = ByteBuffer()
        Frame.bye(Bye(reason: .versionUnsupported, text: "unsupported: frame type 24")).encode(into: &bye)
        let answer = Array(bye.readableBytesView)
        let plan: Plan = { $0.isToHub ? [$0.message] : [answer] }
        try await withHub(plan) { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                let status = try await status(in: directory) { $0.contains("SLUICE_SEAL_TO_FILE") }
                #expect(status.contains(#""backlog_events":20,"#) && status.contains("does not seal end to end"))
                #expect(middleman.passages.filter(\.isToHub).allSatisfy { $0.message.first == 24 })
                #expect(hub.log.statistics().events == 0)
            }
        }
    }

    @Test func `a hub with other keys than those in the file gets nothing`() async throws {
        try await withHub { hub, middleman, directory in
            try await withDirectory { elsewhere in
                let other = try SealKeys(path: elsewhere + "/seal.key", name: "other", makesKey: true)
                let path = elsewhere + "/other.seal"
                try Data((other.recipients[0].line + "\n").utf8).write(to: URL(fileURLWithPath: path))
                try await withSealingAgent(middleman, directory, sealTo: path) { agent in
                    try await publish(0..<5, to: agent.mqttPort)
                    let words = try await status(in: directory) { $0.contains("none of the sealing keys") }
                    #expect(words.contains("SLUICE_SEAL_TO_FILE") && words.contains(#""refused_seals":1"#))
                    #expect(middleman.passages.filter(\.isToHub).allSatisfy { $0.message.first == 24 })
                    // With the right key in the file, and told so, it goes on at once.
                    let line = try String(contentsOf: URL(fileURLWithPath: trust(directory)), encoding: .utf8)
                    try Data(("# two hubs\n" + line + other.recipients[0].line + "\n").utf8).write(
                        to: URL(fileURLWithPath: path)
                    )
                    agent.reload()
                    try await drained(directory)
                    #expect(try await landed(hub) == Array(1...5))
                }
            }
        }
    }

    @Test func `a hub that wants sealing turns away who does not, with words`() async throws {
        try await withHub(requiresSealing: true) { hub, middleman, directory in
            let agent = try await startAgent(in: directory, hub: middleman.port)
            try await running(agent.services) {
                try await publish(0..<5, to: agent.mqttPort)
                let words = try await status(in: directory) { $0.contains("sealed events only") }
                #expect(words.contains("SLUICE_SEAL_TO_FILE"))
                #expect(hub.log.statistics().events == 0 && hub.reception.statistics().notAuthorised >= 1)
            }
            try await withSealingAgent(middleman, directory) { _ in
                try await drained(directory)
                #expect(try await landed(hub) == Array(1...5))
            }
        }
    }

    @Test func `another agent with the name of one that is known is not let in`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory, node: "gate") { agent in
                try await publish(0..<5, to: agent.mqttPort)
                try await drained(directory)
            }
            try await withDirectory { elsewhere in
                let file = try trust(directory)
                let impostor = try await startAgent(in: elsewhere, hub: middleman.port) {
                    $0.store.node = "gate"
                    $0.sealToFile = file
                }
                try await running(impostor.services) {
                    try await publish(0..<5, to: impostor.mqttPort)
                    let words = try await status(in: elsewhere) { $0.contains("another key than it did before") }
                    #expect(words.contains("known_nodes"))
                    #expect(hub.log.statistics().events == 5 && hub.reception.statistics().notAuthorised >= 1)
                }
            }
        }
    }

    @Test func `content keys change while events flow, and nothing is lost or refused`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory, period: .milliseconds(20)) { agent in
                for round in 0..<10 { try await publish(round * 50..<round * 50 + 50, to: agent.mqttPort) }
                try await drained(directory)
                #expect(try await landed(hub) == Array(1...500))
                #expect(agent.uplink.statistics().refusedSeals == 0 && hub.reception.statistics().refusedSeals == 0)
                #expect(agent.uplink.statistics().connections == 1)
                // A sealed content key is the only message of its length.
                let keys = middleman.passages.filter { $0.isToHub && $0.index > 1 && $0.message.count > 1_250 }
                #expect(keys.count >= 3)
            }
        }
    }

    @Test func `a hub's key is changed under an agent that goes on, and the old one taken away`() async throws {
        try await withHub { hub, middleman, directory in
            let store = SealKeyStore(file: nil, stateDirectory: directory + "/hub")
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                try await drained(directory)
                try store.open().rotate()
                hub.reload()
                try await publish(20..<40, to: agent.mqttPort)
                // The agent learns of the new key; then the hub forgets the old one.
                _ = try trust(directory)
                agent.reload()
                try await publish(40..<60, to: agent.mqttPort)
                try await drained(directory)
                let text = try String(contentsOf: URL(fileURLWithPath: store.path), encoding: .utf8)
                let lines = text.split(separator: "\n")
                #expect(lines.count == 3)
                try Data((lines[0] + "\n" + lines[1] + "\n").utf8).write(to: URL(fileURLWithPath: store.path))
                hub.reload()
                try await publish(60..<80, to: agent.mqttPort)
                try await drained(directory)
                #expect(agent.uplink.statistics().connections == 1)
                #expect(agent.uplink.statistics().refusedSeals == 0 && hub.reception.statistics().refusedSeals == 0)
            }
            try await withSealingAgent(middleman, directory) { agent in
                try await publish(80..<100, to: agent.mqttPort)
                try await drained(directory)
            }
            #expect(hub.log.statistics().events == 100)
        }
    }

    /// The counters of what came sealed in one direction of one connection, in the order in which it came.
    private func counters(_ passages: [Middleman.Passage], connection: Int, isToHub: Bool) throws -> [UInt64] {
        let own = passages.filter { $0.connection == connection && $0.isToHub == isToHub && $0.message.first == 21 }
        return try own.map { passage in
            var message = ByteBuffer(bytes: passage.message)
            return try SealedFrame.decode(&message).counter
        }
    }

    @Test func `what is sent again after the line was cut is sealed with another key`() async throws {
        try await withHub { hub, middleman, directory in
            try await withSealingAgent(middleman, directory) { agent in
                for round in 0..<5 {
                    try await publish(round * 20..<round * 20 + 20, to: agent.mqttPort)
                    middleman.cutAll()
                }
                try await drained(directory)
                #expect(try await landed(hub) == Array(1...100))
                let passages = middleman.passages
                let last = passages.map(\.connection).max() ?? 0
                #expect(last >= 2)
                for connection in 1...last {
                    for isToHub in [true, false] {
                        let seen = try counters(passages, connection: connection, isToHub: isToHub)
                        #expect(seen == Array(0..<UInt64(seen.count)), "connection \(connection)")
                    }
                }
                let keys = passages.filter { $0.message.first == 20 }.map(\.message)
                #expect(Set(keys.map { Array($0[10..<1_130]) }).count == keys.count)
            }
        }
    }

    @Test func `a store that is put back seals the same events with other keys`() async throws {
        try await withHub { hub, middleman, directory in
            let saved = directory + "/saved"
            let store = directory + "/agent"
            // With the key that the hub will know it by.
            let file = try trust(directory)
            let before = try await startAgent(in: directory, hub: nil) { $0.sealToFile = file }
            try await running(before.services) { try await publish(0..<10, to: before.mqttPort) }
            try FileManager.default.copyItem(atPath: store, toPath: saved)
            for _ in 0..<3 {
                try FileManager.default.removeItem(atPath: store)
                try FileManager.default.copyItem(atPath: saved, toPath: store)
                try await withSealingAgent(middleman, directory) { _ in try await drained(directory) }
            }
            #expect(try await landed(hub) == Array(1...10))
            let hellos = middleman.passages.filter { $0.isToHub && $0.index == 2 }.map(\.message)
            #expect(hellos.count >= 3 && Set(hellos.map { Array($0.dropFirst(2)) }).count == hellos.count)
            let keys = middleman.passages.filter { $0.isToHub && $0.index == 1 }.map { Array($0.message[10..<1_130]) }
            #expect(Set(keys).count == keys.count)
        }
    }
}
