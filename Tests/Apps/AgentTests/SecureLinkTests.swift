// SPDX-License-Identifier: Apache-2.0

import Agent
import Hub
import Keys
import NIOCore
import Storage
import Testing
import Uplink

/// `wss://` to a hub behind a TLS terminator, as it is run.
@Suite(.timeLimit(.minutes(1))) struct SecureLinkTests: AgentTesting {
    /// Runs a hub behind TLS with the certificate of one name, and an agent that looks for it under another.
    private func withSecureHub(
        certificateFor name: String,
        isTrusted: Bool = true,
        _ body: (Agent, String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let certificate = try TLSFront.makeCertificate(name, in: directory)
            let trusted = isTrusted ? certificate : try TLSFront.makeCertificate("stranger", in: directory)
            let hub = try await startHub(in: directory)
            let front = try await TLSFront.start(to: hub.port, certificate: certificate, group: group)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: nil) { configuration in
                    configuration.uplink.hubs = [.init(host: "localhost", port: front.port, secure: true)]
                    configuration.uplink.trust.authorities = trusted.certificate
                }
                try await running(agent.services) {
                    try await publish(0..<20, to: agent.mqttPort)
                    try await body(agent, directory)
                }
            }
            try await front.stop()
        }
    }

    /// What the agent has to complain of TLS.
    private func trouble(of agent: Agent, in directory: String) async throws -> String {
        _ = try await status(in: directory) { _ in agent.uplink.statistics().trouble?.contains("TLS") == true }
        return agent.uplink.statistics().trouble ?? ""
    }

    @Test func `events land through TLS with a certificate that the CA file names`() async throws {
        try await withSecureHub(certificateFor: "localhost") { _, directory in
            let status = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
            #expect(status.hasPrefix(#"{"state":"current","#))
        }
    }

    @Test func `a certificate of another authority is refused, and said to be`() async throws {
        try await withSecureHub(certificateFor: "localhost", isTrusted: false) { agent, directory in
            let trouble = try await trouble(of: agent, in: directory)
            #expect(trouble.contains("the hub's certificate is not trusted"), "\(trouble)")
            #expect(trouble.contains("SLUICE_HUB_CA_FILE"))
            #expect(agent.store.statistics().backlogEvents == 20)
        }
    }

    @Test func `a trusted certificate for another host is refused, and said to be`() async throws {
        try await withSecureHub(certificateFor: "elsewhere.example") { agent, directory in
            let trouble = try await trouble(of: agent, in: directory)
            #expect(trouble.contains("the hub's certificate is for another host name"), "\(trouble)")
            #expect(agent.store.statistics().backlogEvents == 20)
        }
    }

    @Test func `a hub that speaks no TLS is said to`() async throws {
        try await withDirectory { directory in
            let hub = try await startHub(in: directory)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: nil) { configuration in
                    configuration.uplink.hubs = [.init(host: "localhost", port: hub.port, secure: true)]
                }
                try await running(agent.services) {
                    let trouble = try await trouble(of: agent, in: directory)
                    #expect(trouble.contains("does TLS answer there?"), "\(trouble)")
                }
            }
        }
    }
}
