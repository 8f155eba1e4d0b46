// SPDX-License-Identifier: Apache-2.0

import Agent
import Events
import Hub
import Keys
import Reception
import Storage
import TestSupport
import Testing
import Uplink

/// Gateways whose clock does not agree with their hub's certificate.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
struct WrongClockTests: AgentTesting {
    private let wrong = ClockReading(boot: 1, uptime: 0, wall: 0, quality: .unset)

    /// Runs `body` with an agent, once for each clock, against a hub whose certificate expires before the second.
    private func withExpiry(
        clocks: [ClockReading],
        newKey: Bool = false,
        _ body: (_ life: Int, Agent, String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            var port = 0
            for (life, clock) in clocks.enumerated() {
                if life == 1 {
                    if newKey { try certificates.make("server", subject: "/CN=localhost", names: "DNS:localhost") }
                    try certificates.expire("server")
                }
                let hub = try await startHub(in: directory) { configuration in
                    configuration.reception.port = port
                    configuration.reception.tls = TLSFiles(
                        prefix: "SLUICE_HUB_TLS",
                        certificate: certificates.path("server.pem"),
                        key: certificates.path("server.key"),
                        clientAuthorities: nil
                    )
                }
                port = hub.port
                try await running(hub.services) {
                    let agent = try await startAgent(in: directory, hub: nil) { configuration in
                        configuration.uplink.hubs = [.init(host: "localhost", port: hub.port, secure: true)]
                        configuration.uplink.trust.authorities = certificates.path("ca.pem")
                        configuration.uplink.linger = .zero
                        configuration.store.clock = { clock }
                    }
                    try await running(agent.services) {
                        try await publish(0..<20, to: agent.mqttPort)
                        try await body(life, agent, directory)
                    }
                }
            }
        }
    }

    private func lands(in directory: String) async throws {
        _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
    }

    /// Waits for the complaint of a certificate that is not trusted.
    private func isRefused(_ agent: Agent, in directory: String) async throws {
        let isTrouble = { agent.uplink.statistics().trouble?.contains("certificate is not trusted") == true }
        _ = try await status(in: directory) { _ in isTrouble() && agent.uplink.statistics().connections == 0 }
        #expect(isTrouble(), "\(agent.uplink.statistics())")
        #expect(agent.store.statistics().backlogEvents >= 20, "nothing is lost meanwhile")
    }

    @Test func `a hub whose key is known is believed though only the dates fail, and that is counted`() async throws {
        try await withExpiry(clocks: [wrong, wrong]) { life, agent, directory in
            try await lands(in: directory)
            #expect(agent.uplink.statistics().believedHubs == UInt64(life))
            let text = try await status(in: directory) { _ in true }
            #expect(text.contains(#""believed_hubs":\#(life),"#))
        }
    }

    @Test func `a clock that is synchronised is believed, and the certificate is not`() async throws {
        let right = ClockReading(boot: 1, uptime: 0, wall: 1_800_000_000_000, quality: .synchronised)
        try await withExpiry(clocks: [right, right]) { life, agent, directory in
            if life == 0 { try await lands(in: directory) } else { try await isRefused(agent, in: directory) }
            #expect(agent.uplink.statistics().believedHubs == 0)
        }
    }

    @Test func `another key is not believed, whatever the clock says`() async throws {
        try await withExpiry(clocks: [wrong, wrong], newKey: true) { life, agent, directory in
            if life == 0 { try await lands(in: directory) } else { try await isRefused(agent, in: directory) }
            #expect(agent.uplink.statistics().believedHubs == 0)
        }
    }
}
