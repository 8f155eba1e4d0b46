// SPDX-License-Identifier: Apache-2.0

import Certification
import Configuration
import Enrolment
import Events
import Glibc
import Hub
import Keys
import Reception
import Startup
import Storage
import TestSupport
import Testing
import Uplink

@testable import Agent

/// Agents with certificates of their hub's own authority, from the making of it on.
@Suite(.timeLimit(.minutes(1))) struct FleetTests: AgentTesting {
    private struct Fleet {
        let directory: String
        let hub: Hub
        let authority: Authority
        let enrolment: Enrolment
        let files: IdentityFiles

        var now: Int64 { Int64(time(nil)) }

        func enrol(_ node: String = "pump-7") async throws {
            _ = try await enrolment.enrol(try authority.token(for: node, seconds: 600, now: now))
        }

        /// What `sluice agent` reads where only the hub and the name are set.
        func configure(_ configuration: inout AgentConfiguration) throws {
            let environment = [
                "SLUICE_HUB": "wss://localhost:\(hub.port)", "SLUICE_NODE": "pump-7",
                "SLUICE_STATE_DIR": directory + "/agent",
            ]
            configuration.uplink = try AgentConfiguration(ConfigReader(checking: environment)).uplink
            configuration.uplink.linger = .zero
            configuration.store.node = "pump-7"
        }

        func ask(_ request: String, _ directory: String) throws {
            #expect(try ControlClient.request(request, path: "\(directory)/sluice.sock") == "done")
        }
    }

    private func withFleet(_ body: (Fleet) async throws -> Void) async throws {
        try await withDirectory { directory in
            let state = directory + "/hub"
            for path in [state, directory + "/agent"] { mkdir(path, 0o700) }
            let authority = try Authority.make(state: state, now: Int64(time(nil)))
            try authority.certifyHub(["localhost", "127.0.0.1"], now: Int64(time(nil)))
            let hub = try await startHub(in: directory) { configuration in
                configuration.reception.tls = TLSFiles(
                    prefix: "SLUICE_HUB_TLS",
                    certificate: authority.files.hub.path,
                    key: authority.files.hub.path,
                    clientAuthorities: authority.files.certificate.path
                )
                configuration.door = EnrolmentDoor.Configuration(state: state)
                configuration.door?.port = 0
            }
            let files = IdentityFiles(state: directory + "/agent")
            let door = try #require(hub.doorPort)
            let client = EnrolmentClient(host: "localhost", port: door, group: group)
            let enrolment = Enrolment(files, client)
            try await running(hub.services) {
                try await body(
                    Fleet(directory: directory, hub: hub, authority: authority, enrolment: enrolment, files: files)
                )
            }
        }
    }

    private func withAgent(
        _ fleet: Fleet,
        clock: ClockReading? = nil,
        _ body: (Agent) async throws -> Void
    ) async throws {
        var fault: (any Error)?
        let agent = try await startAgent(in: fleet.directory, hub: nil) { configuration in
            do { try fleet.configure(&configuration) } catch { fault = error }
            if let clock { configuration.store.clock = { clock } }
            configuration.enrolmentPort = fleet.hub.doorPort ?? 0
        }
        if let fault { throw fault }
        try await running(agent.services) { try await body(agent) }
    }

    private func lands(_ fleet: Fleet, _ events: UInt64) async throws {
        _ = try await status(in: fleet.directory) { _ in fleet.hub.log.statistics().events >= events }
        #expect(fleet.hub.log.statistics().events == events)
    }

    @Test func `an agent that has enrolled needs its hub's address and its name, and events land`() async throws {
        try await withFleet { fleet in
            try await fleet.enrol()
            try await withAgent(fleet) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                try await lands(fleet, 20)
                #expect(fleet.hub.reception.connectedNodes == ["pump-7"])
            }
        }
    }

    @Test func `a gateway that ran before it was enrolled, under another name, is let in`() async throws {
        try await withFleet { fleet in
            // As a package starts it: no hub, a name made from the host's, and what it took has gone to a hub or nowhere.
            let before = try await startAgent(in: fleet.directory, hub: nil) { $0.store.node = "gw-43332943" }
            try await running(before.services) {
                try await publish(0..<5, to: before.mqttPort)
                for lane in before.store.lanes() {
                    before.store.acknowledge(lane.lane, SequenceSet(cumulative: lane.last), hub: 1)
                }
                _ = try await status(in: fleet.directory) { $0.contains(#""backlog_events":0,"#) }
            }
            try await fleet.enrol()
            try await withAgent(fleet) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                try await lands(fleet, 20)
                #expect(agent.uplink.statistics().trouble == nil)
                #expect(fleet.hub.reception.statistics().notAuthorised == 0)
            }
        }
    }

    @Test func `a node that is in the fleet is not renamed by a token for another`() async throws {
        try await withFleet { fleet in
            try await fleet.enrol()
            let first = try fleet.files.current()
            await #expect(throws: KeyFault.self) { try await fleet.enrol("pump-8") }
            #expect(try fleet.files.current()?.certificate.bytes == first?.certificate.bytes)
        }
    }

    @Test func `a certificate is renewed by the agent itself before it ends, and nothing is cut`() async throws {
        try await withFleet { fleet in
            try await fleet.enrol()
            let first = try #require(try fleet.files.current()).certificate
            let end = first.validity.upperBound
            let early = ClockReading(boot: 1, uptime: 0, wall: (end - 20 * 86_400) * 1_000, quality: .synchronised)
            try await withAgent(fleet, clock: early) { agent in
                try await publish(0..<20, to: agent.mqttPort)
                try await lands(fleet, 20)
                _ = try await status(in: fleet.directory) { _ in
                    (try? fleet.files.current())?.certificate.bytes != first.bytes
                }
                let second = try #require(try fleet.files.current()).certificate
                #expect(second.key != first.key && second.names == first.names)
                #expect(agent.uplink.statistics().connections == 1, "the link goes on")
                try fleet.ask("reload-link", fleet.directory + "/agent")
                try await publish(20..<30, to: agent.mqttPort)
                try await lands(fleet, 30)
            }
        }
    }

    @Test func `a certificate is renewed in the last third of its life`() {
        #expect(!CertificateRenewal.isDue(0...300, at: 200))
        #expect(CertificateRenewal.isDue(0...300, at: 201))
        #expect(CertificateRenewal.isDue(0...300, at: 400), "a hub may still take it, if the clock is wrong")
    }

    @Test func `an agent that has not enrolled is turned away`() async throws {
        try await withFleet { fleet in
            try await withAgent(fleet) { agent in
                try await publish(0..<5, to: agent.mqttPort)
                _ = try await status(in: fleet.directory) { _ in agent.uplink.statistics().trouble != nil }
                #expect(fleet.hub.log.statistics().events == 0)
                #expect(agent.store.statistics().backlogEvents == 5)
            }
        }
    }

    @Test func `a revoked agent is cut off, turned away with the reason, and back after it has enrolled again`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.enrol()
            try await withAgent(fleet) { agent in
                try await publish(0..<5, to: agent.mqttPort)
                try await lands(fleet, 5)
                _ = try fleet.authority.revoke("pump-7", now: fleet.now)
                #expect(fleet.hub.reception.statistics().notAuthorised == 0)
                try fleet.ask("revoked", fleet.directory + "/hub")
                try await complains(agent, "was revoked", fleet)
                #expect(fleet.hub.reception.connectedNodes.isEmpty)
                try await publish(5..<10, to: agent.mqttPort)
                // The open link was one, its next try is another.
                try fleet.ask("reload-link", fleet.directory + "/agent")
                _ = try await status(in: fleet.directory) { _ in
                    fleet.hub.reception.statistics().notAuthorised == 2
                }
                #expect(fleet.hub.log.statistics().events == 5)
                try await fleet.enrol()
                try fleet.ask("reload-link", fleet.directory + "/agent")
                try await lands(fleet, 10)
            }
        }
    }

    private func complains(_ agent: Agent, _ words: String, _ fleet: Fleet) async throws {
        _ = try await status(in: fleet.directory) { _ in agent.uplink.statistics().trouble?.contains(words) == true }
        #expect(agent.uplink.statistics().trouble?.contains(words) == true)
    }

    @Test func `keys rotate while events flow: none is lost, nobody is refused, and the old key retires`() async throws
    {
        try await withFleet { fleet in
            try await fleet.enrol()
            try await withAgent(fleet) { agent in
                let first = try #require(try fleet.files.current())
                for round in 0..<5 {
                    async let published: Void = publish(round * 40..<(round + 1) * 40, to: agent.mqttPort)
                    _ = try await fleet.enrolment.rotate()
                    try fleet.ask("reload-link", fleet.directory + "/agent")
                    try await published
                }
                try await lands(fleet, 200)
                let links = fleet.hub.reception.statistics()
                #expect(links.notAuthorised == 0 && links.refusedHandshakes == 0)
                // The open link began with the first certificate, and the next shows the last.
                _ = try fleet.authority.revoke("\(first.certificate.serial)", now: fleet.now)
                // As SIGHUP does.
                fleet.hub.reload()
                try await complains(agent, "was revoked", fleet)
                agent.reload()
                try await publish(200..<220, to: agent.mqttPort)
                try await lands(fleet, 220)
            }
        }
    }

    @Test func `what variables say goes before what was enrolled`() async throws {
        try await withDirectory { directory in
            let names = ["/tls.pem", "/hub-ca.pem"]
            let environment = ["SLUICE_HUB": "wss://h", "SLUICE_STATE_DIR": directory]
            func read(_ more: [String: String]) throws -> UplinkConfiguration {
                let all = environment.merging(more) { _, new in new }
                return try AgentConfiguration(ConfigReader(checking: all)).uplink
            }
            #expect(try read([:]).own == nil && read([:]).trust == .init())
            for name in names { try KeyFile(directory + name).replace(by: [], isSecret: true) }
            #expect(try read([:]).own?.certificate == directory + "/tls.pem")
            #expect(try read([:]).trust == .init(authorities: directory + "/hub-ca.pem"))
            let own = try read(["SLUICE_HUB_CERT_FILE": "/c", "SLUICE_HUB_KEY_FILE": "/k", "SLUICE_HUB_CA_FILE": "/a"])
            #expect(own.own?.certificate == "/c" && own.own?.key == "/k" && own.trust == .init(authorities: "/a"))
            let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
            #expect(try read(["SLUICE_HUB_PIN": pin]).trust == .init(pins: [pin]))
            #expect(try read(["SLUICE_HUB": "ws://127.0.0.1:1"]).own == nil)
        }
    }
}
