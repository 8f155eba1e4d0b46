// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import Events
import FoundationEssentials
import Glibc
import Hub
import Logging
import NIOCore
import NIOPosix
import Reception
import ServiceLifecycle
import Startup
import Storage
import Testing
import Uplink

/// The life of primers between a real agent and a real hub in one process.
@Suite(.timeLimit(.minutes(1)), .serialized) struct PrimerLifeTests {
    private let group = MultiThreadedEventLoopGroup.singleton
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// One site: an agent and a hub that may be stopped and started.
    private struct Site {
        let directory: String
        var agent: String { directory + "/agent" }
        var hub: String { directory + "/hub" }
    }

    private func withSite(_ body: (Site) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/slp-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(Site(directory: path))
    }

    private func running(_ services: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: Self.silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func withAgent(
        _ site: Site,
        hub: Int,
        bytes: Int = 2_048,
        _ body: (Agent) async throws -> Void
    ) async throws {
        var configuration = AgentConfiguration(store: StoreConfiguration(directory: site.agent))
        configuration.store.node = "gw"
        configuration.broker.port = 0
        configuration.uplink.linger = .zero
        configuration.uplink.primers.bytes = bytes
        configuration.uplink.hubs = [.init(host: "127.0.0.1", port: hub)]
        let agent = try await Agent.start(configuration, group: group, logger: Self.silent)
        try await running(agent.services) { try await body(agent) }
    }

    private func withHub(_ site: Site, port: Int = 0, _ body: (Hub) async throws -> Void) async throws {
        var configuration = HubConfiguration(log: HubLogConfiguration(directory: site.hub))
        configuration.reception.port = port
        configuration.broker.port = 0
        let hub = try await Hub.start(configuration, group: group, logger: Self.silent)
        try await running(hub.services) { try await body(hub) }
    }

    private func publish(_ range: Range<Int>, to agent: Agent) async throws {
        var configuration = MQTTClientConfiguration(clientID: "device")
        configuration.port = agent.mqttPort
        let device = try await MQTTClient.connect(configuration, group: group)
        for number in range {
            try await device.publish(topic: "site/pump", payload: ByteBuffer(string: "{\"reading\":\(number)}"))
        }
        await device.disconnect()
    }

    private func until(_ what: String, _ isDone: () async throws -> Bool) async throws {
        for _ in 0..<3_000 {
            if try await isDone() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("never: \(what)")
    }

    private func drained(_ agent: Agent) async throws {
        try await until("empty backlog") { agent.store.statistics().backlogEvents == 0 }
    }

    private func active(_ agent: Agent) async throws -> String {
        try await until("a primer in use") { agent.uplink.statistics().primer?.isActive == true }
        return Epoch.name(of: agent.uplink.statistics().primer?.identifier ?? 0)
    }

    /// What the log holds, in the order of landing.
    private func readings(_ site: Site) throws -> [Int] {
        let reader = try HubLog.openReader(directory: site.hub)
        var found: [Int] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            for index in entry.block.records.indices {
                let text = String(decoding: entry.block.payload(at: index), as: UTF8.self)
                found.append(Int(text.filter(\.isNumber)) ?? -1)
            }
            position = entry.position
        }
        #expect(reader.damagedRows == 0)
        return found
    }

    private func forgetPrimers(_ site: Site) throws {
        let database = try SQLiteConnection(path: site.hub + "/hub.db")
        database.setBusyTimeout(milliseconds: 5_000)
        try database.execute("DELETE FROM primers")
    }

    @Test func `a primer is made, published and used, and outlives both sides`() async throws {
        try await withSite { site in
            var name = ""
            try await withHub(site) { hub in
                try await withAgent(site, hub: hub.port) { agent in
                    try await publish(0..<200, to: agent)
                    try await publish(200..<201, to: agent)
                    name = try await active(agent)
                    try await publish(201..<400, to: agent)
                    try await drained(agent)
                    #expect(hub.log.statistics().primers == 1)
                    let status = try ControlClient.request("status", path: Agent.socketPath(in: site.agent))
                    #expect(status.contains("\"primer\":{\"id\":\"\(name)\",\"bytes\":"))
                    #expect(status.contains("\"active\":true}"))
                    #expect(try readings(site) == Array(0..<400))
                }
            }
            let before = hubLogBytes(site)
            #expect(before.primers == 1 && before.used == 1)
            try await withHub(site) { hub in
                try await withAgent(site, hub: hub.port) { agent in
                    #expect(try await active(agent) == name, "without having sent an event")
                    try await publish(400..<500, to: agent)
                    try await drained(agent)
                    #expect(hub.log.statistics().primers == 1)
                    #expect(try await hub.log.all() == Array(0..<500))
                }
            }
            #expect(try readings(site) == Array(0..<500))
        }
    }

    private func hubLogBytes(_ site: Site) -> (primers: Int64, used: Int64) {
        guard let database = try? SQLiteConnection(path: site.hub + "/hub.db", readOnly: true) else { return (0, 0) }
        let count = try? database.integer("SELECT count(*) FROM primers")
        let used = try? database.integer("SELECT sum(used) FROM primers")
        return (count ?? 0, used ?? 0)
    }

    @Test func `a hub that lost its primers while it runs asks for them and loses nothing`() async throws {
        try await withSite { site in
            try await withHub(site) { hub in
                try await withAgent(site, hub: hub.port) { agent in
                    try await publish(0..<200, to: agent)
                    try await publish(200..<201, to: agent)
                    _ = try await active(agent)
                    try await publish(201..<300, to: agent)
                    try await drained(agent)
                    try forgetPrimers(site)
                    try await publish(300..<600, to: agent)
                    try await drained(agent)
                    _ = try await active(agent)
                    try await publish(600..<700, to: agent)
                    try await drained(agent)
                }
            }
            // What landed before is read again, too, because the same primer came back.
            #expect(try readings(site) == Array(0..<700))
        }
    }

    @Test func `a hub that lost its primers while it was away is given them`() async throws {
        try await withSite { site in
            var port = 0
            try await withHub(site) { hub in
                port = hub.port
                try await withAgent(site, hub: hub.port) { agent in
                    try await publish(0..<200, to: agent)
                    try await publish(200..<201, to: agent)
                    _ = try await active(agent)
                    try await publish(201..<300, to: agent)
                    try await drained(agent)
                }
            }
            try forgetPrimers(site)
            try await withHub(site, port: port) { hub in
                try await withAgent(site, hub: hub.port) { agent in
                    _ = try await active(agent)
                    try await publish(300..<400, to: agent)
                    try await drained(agent)
                }
            }
            #expect(try readings(site) == Array(0..<400))
        }
    }

    @Test func `an agent that keeps its primer through the hub's restart does not publish it again`() async throws {
        try await withSite { site in
            var port = 0
            try await withHub(site) { port = $0.port }
            try await withAgent(site, hub: port) { agent in
                var name = ""
                try await withHub(site, port: port) { hub in
                    try await publish(0..<200, to: agent)
                    try await publish(200..<201, to: agent)
                    name = try await active(agent)
                    try await drained(agent)
                }
                try await publish(201..<300, to: agent)
                try await withHub(site, port: port) { hub in
                    #expect(try await active(agent) == name)
                    try await drained(agent)
                    #expect(hub.log.statistics().primers == 1)
                }
            }
            #expect(try readings(site) == Array(0..<300))
        }
    }

    @Test func `without primers nothing is published and all arrives`() async throws {
        try await withSite { site in
            try await withHub(site) { hub in
                try await withAgent(site, hub: hub.port, bytes: 0) { agent in
                    try await publish(0..<300, to: agent)
                    try await drained(agent)
                    #expect(agent.uplink.statistics().primer == nil)
                    #expect(hub.log.statistics().primers == 0)
                }
            }
            #expect(try readings(site) == Array(0..<300))
        }
    }
}

extension HubLog {
    /// The readings of all entries, as a landing reads them.
    fileprivate func all() async throws -> [Int] {
        var found: [Int] = []
        var position: Int64 = 0
        while true {
            let entries = try await read(after: position, maximumBytes: 1 << 20)
            guard let last = entries.last else { return found }
            for entry in entries {
                for index in entry.block.records.indices {
                    let text = String(decoding: entry.block.payload(at: index), as: UTF8.self)
                    found.append(Int(text.filter(\.isNumber)) ?? -1)
                }
            }
            position = last.position
        }
    }
}
