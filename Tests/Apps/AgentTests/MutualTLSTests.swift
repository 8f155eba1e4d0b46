// SPDX-License-Identifier: Apache-2.0

import Agent
import Glibc
import Hub
import Keys
import NIOSSL
import Reception
import Storage
import TestSupport
import Testing
import Uplink

/// An agent and a hub that know each other by their certificates.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
struct MutualTLSTests: AgentTesting {
    /// Runs a hub that asks for certificates, and an agent as `adapt` makes it, which has taken 20 events.
    private func withLink(
        adapt: (inout UplinkConfiguration, Certificates) throws -> Void,
        _ body: (Agent, Hub, Certificates, String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            try certificates.make("pump", subject: "/CN=pump-7", names: "DNS:pump-7,DNS:pump-old")
            let hub = try await startHub(in: directory) { configuration in
                configuration.reception.tls = TLSFiles(
                    prefix: "SLUICE_HUB_TLS",
                    certificate: certificates.path("server.pem"),
                    key: certificates.path("server.key"),
                    clientAuthorities: certificates.path("ca.pem")
                )
            }
            var uplink = UplinkConfiguration()
            uplink.hubs = [.init(host: "localhost", port: hub.port, secure: true)]
            uplink.trust.authorities = certificates.path("ca.pem")
            uplink.own = TLSFiles(
                prefix: "SLUICE_HUB",
                certificate: certificates.path("pump.pem"),
                key: certificates.path("pump.key")
            )
            uplink.linger = .zero
            try adapt(&uplink, certificates)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: nil) { configuration in
                    configuration.uplink = uplink
                    configuration.store.node = "pump-7"
                }
                try await running(agent.services) {
                    try await publish(0..<20, to: agent.mqttPort)
                    try await body(agent, hub, certificates, directory)
                }
            }
        }
    }

    private func lands(in directory: String) async throws {
        _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
    }

    /// Waits for a complaint of the agent with these words in it.
    private func complains(_ agent: Agent, of words: String, in directory: String) async throws {
        _ = try await status(in: directory) { _ in agent.uplink.statistics().trouble?.contains(words) == true }
        #expect(agent.uplink.statistics().trouble?.contains(words) == true, "\(agent.uplink.statistics())")
        #expect(agent.store.statistics().backlogEvents == 20, "nothing is lost meanwhile")
    }

    private func pin(_ certificates: Certificates) throws -> String {
        let certificate = try #require(try NIOSSLCertificate.fromPEMFile(certificates.path("server.pem")).first)
        return try #require(KeyPin.text(of: certificate))
    }

    @Test func `events land where both certificates are trusted and the node is named`() async throws {
        try await withLink { _, _ in
        } _: { _, hub, _, directory in
            try await lands(in: directory)
            #expect(hub.reception.connectedNodes == ["pump-7"])
        }
    }

    @Test func `an agent with the certificate of another node is turned away by name, and counted`() async throws {
        try await withLink { uplink, certificates in
            try certificates.make("other", subject: "/CN=valve-1", names: "DNS:valve-1")
            uplink.own?.certificate = certificates.path("other.pem")
            uplink.own?.key = certificates.path("other.key")
        } _: { agent, hub, _, directory in
            try await complains(agent, of: "certificate is for valve-1, not for node pump-7", in: directory)
            #expect(hub.reception.statistics().notAuthorised > 0)
            #expect(hub.log.statistics().events == 0)
        }
    }

    @Test func `an agent without a certificate is turned away`() async throws {
        try await withLink { uplink, _ in
            uplink.own = nil
        } _: { agent, hub, _, directory in
            _ = try await status(in: directory) { _ in hub.reception.statistics().refusedHandshakes > 0 }
            #expect(hub.reception.statistics().refusedHandshakes > 0)
            #expect(agent.store.statistics().backlogEvents == 20)
        }
    }

    @Test func `a certificate that another authority signed is turned away`() async throws {
        try await withLink { uplink, certificates in
            let stranger = try TLSFront.makeCertificate("pump-7", in: certificates.directory)
            uplink.own?.certificate = stranger.certificate
            uplink.own?.key = stranger.key
        } _: { agent, hub, _, directory in
            _ = try await status(in: directory) { _ in hub.reception.statistics().refusedHandshakes > 0 }
            #expect(hub.reception.statistics().refusedHandshakes > 0)
            #expect(agent.store.statistics().backlogEvents == 20)
        }
    }

    @Test(arguments: [true, false])
    func `the hub's known key is enough, or has to be there as well`(_ namesAuthority: Bool) async throws {
        try await withLink { uplink, certificates in
            if !namesAuthority { uplink.trust.authorities = nil }
            uplink.trust.pins = [try pin(certificates)]
        } _: { _, _, _, directory in
            try await lands(in: directory)
        }
    }

    @Test(arguments: [true, false])
    func `another key than the pinned one is refused, and shown`(_ namesAuthority: Bool) async throws {
        try await withLink { uplink, _ in
            if !namesAuthority { uplink.trust.authorities = nil }
            uplink.trust.pins = ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
        } _: { agent, hub, certificates, directory in
            try await complains(agent, of: "it shows \(try pin(certificates))", in: directory)
            #expect(hub.log.statistics().events == 0)
        }
    }

    @Test func `a renewed certificate is taken without a restart`() async throws {
        try await withLink { uplink, certificates in
            try certificates.make("pump", subject: "/CN=valve-1", names: "DNS:valve-1")
        } _: { agent, hub, certificates, directory in
            try await complains(agent, of: "not for node pump-7", in: directory)
            try certificates.make("pump", subject: "/CN=pump-7", names: "DNS:pump-7")
            agent.reload()
            hub.reload()
            try await lands(in: directory)
        }
    }

    @Test func `a private key that others may read is refused`() async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            chmod(certificates.path("server.key"), 0o640)
            let files = TLSFiles(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
            let contexts = ClientContexts(.init(), own: files)
            let fault = #expect(throws: TLSFault.self) { try contexts.load() }
            #expect(fault?.description.contains("chmod 600") == true)
        }
    }
}
