// SPDX-License-Identifier: Apache-2.0

import Agent
import Hub
import Keys
import NIOCore
import NIOPosix
import Storage
import Testing
import Uplink

/// The way to the hub through an HTTP proxy.
@Suite(.timeLimit(.minutes(1))) struct ProxyTests: AgentTesting {
    /// Runs an agent that has to reach `hub` through a proxy.
    private func withAgent(
        in directory: String,
        hub: UplinkConfiguration.Hub,
        caFile: String? = nil,
        proxyPort: Int,
        credentials: String? = nil,
        _ body: (Agent) async throws -> Void
    ) async throws {
        let agent = try await startAgent(in: directory, hub: nil) { configuration in
            configuration.uplink.hubs = [hub]
            configuration.uplink.trust.authorities = caFile
            configuration.uplink.linkTimeout = .seconds(1)
            configuration.uplink.proxy = .init(
                host: "127.0.0.1",
                port: proxyPort,
                credentials: credentials.map { Array($0.utf8) }
            )
        }
        try await running(agent.services) { try await body(agent) }
    }

    private func isDrained(_ status: String) -> Bool {
        status.contains(#""state":"current""#) && status.contains(#""backlog_events":0,"#)
    }

    /// What the agent has to complain of the proxy.
    private func trouble(_ conduct: ConnectProxy.Conduct, credentials: String? = nil) async throws -> String {
        var trouble = ""
        try await withDirectory { directory in
            let proxy = try await ConnectProxy.start(conduct, group: group)
            let hub = UplinkConfiguration.Hub(host: "127.0.0.1", port: 9)
            try await withAgent(in: directory, hub: hub, proxyPort: proxy.port, credentials: credentials) { agent in
                let line = try await status(in: directory) { _ in
                    agent.uplink.statistics().trouble?.contains("cannot connect") == true
                }
                trouble = agent.uplink.statistics().trouble ?? ""
                #expect(!line.contains("secret") && !trouble.contains("secret"))
            }
            try await proxy.stop()
        }
        return trouble
    }

    @Test func `events land through a tunnel, with the user and password`() async throws {
        try await withDirectory { directory in
            let hub = try await startHub(in: directory)
            let proxy = try await ConnectProxy.start(.tunnel, group: group)
            try await running(hub.services) {
                let address = UplinkConfiguration.Hub(host: "127.0.0.1", port: hub.port)
                try await withAgent(in: directory, hub: address, proxyPort: proxy.port, credentials: "me:secret") {
                    try await publish(0..<20, to: $0.mqttPort)
                    let line = try await status(in: directory, until: isDrained)
                    #expect(line.contains(#""hub":"127.0.0.1:\#(hub.port)""#))
                }
            }
            let request = try #require(proxy.requests.first)
            #expect(request.hasPrefix("CONNECT 127.0.0.1:\(hub.port) HTTP/1.1\r\n"))
            #expect(request.lowercased().contains("\r\nhost: 127.0.0.1:\(hub.port)\r\n"))
            #expect(request.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"))
            try await proxy.stop()
        }
    }

    @Test func `TLS is between agent and hub, and the proxy is told the hub's name`() async throws {
        try await withDirectory { directory in
            let certificate = try TLSFront.makeCertificate("localhost", in: directory)
            let hub = try await startHub(in: directory)
            let front = try await TLSFront.start(to: hub.port, certificate: certificate, group: group)
            let proxy = try await ConnectProxy.start(.tunnel, group: group)
            try await running(hub.services) {
                let address = UplinkConfiguration.Hub(host: "localhost", port: front.port, secure: true)
                try await withAgent(
                    in: directory,
                    hub: address,
                    caFile: certificate.certificate,
                    proxyPort: proxy.port
                ) { agent in
                    try await publish(0..<20, to: agent.mqttPort)
                    _ = try await status(in: directory, until: isDrained)
                }
            }
            let request = try #require(proxy.requests.first)
            #expect(request.hasPrefix("CONNECT localhost:\(front.port) HTTP/1.1\r\n"))
            #expect(!request.contains("Authorization"))
            try await proxy.stop()
            try await front.stop()
        }
    }

    @Test func `a proxy that asks who it is says what to write where`() async throws {
        let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        #expect(try await trouble(.answer(answer)).contains("asks for a user and a password"))
        let refused = try await trouble(.answer(answer), credentials: "me:secret")
        #expect(refused.contains("does not take the user and password in SLUICE_PROXY"))
    }

    @Test(arguments: [
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nsorry", "answered HTTP 502 Bad Gateway"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "answered HTTP 403 Forbidden"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "does not answer in HTTP"),
    ])
    func `any other answer is told`(answer: String, words: String) async throws {
        let trouble = try await trouble(.answer(answer))
        #expect(trouble.contains(words), "\(trouble)")
        #expect(trouble.contains("the proxy 127.0.0.1:"))
    }

    @Test func `a proxy that closes, or never answers, is given up`() async throws {
        #expect(try await trouble(.close).contains("closed the connection before it answered"))
        #expect(try await trouble(.silence).contains("no answer"))
    }

    @Test func `a proxy that is not there is told from a hub that is not`() async throws {
        try await withDirectory { directory in
            let proxy = try await ConnectProxy.start(.tunnel, group: group)
            let port = proxy.port
            try await proxy.stop()
            let hub = UplinkConfiguration.Hub(host: "127.0.0.1", port: 9)
            try await withAgent(in: directory, hub: hub, proxyPort: port) { agent in
                let words = "the proxy 127.0.0.1:\(port): connection refused"
                _ = try await status(in: directory) { _ in
                    agent.uplink.statistics().trouble?.contains(words) == true
                }
            }
        }
    }
}
