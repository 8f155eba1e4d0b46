// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Keys
import Logging
import NIOPosix
import NIOSSL
import Reception
import TestSupport
import Testing
import UplinkFrames

/// All agents of a fleet come at once, as after a power cut or a restart of the hub.
///
/// `STORM_AGENTS` is their number: 1000 in the long form.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
struct StormTests {
    private static let agents = getenv("STORM_AGENTS").flatMap { Int(String(cString: $0)) } ?? 200
    /// Nodes that one certificate is for: openssl need not make a thousand.
    private static let share = 50

    private static func name(_ number: Int) -> String { "pump-\(number)" }

    private static func contexts(_ certificates: Certificates) throws -> [NIOSSLContext] {
        try stride(from: 0, to: agents, by: share).map { first in
            let names = (first..<first + share).map { "DNS:\(name($0))" }.joined(separator: ",")
            try certificates.make("c\(first)", subject: "/CN=pumps", names: names)
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificates.path("ca.pem")))
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.path("c\(first).pem"))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: certificates.path("c\(first).key"), format: .pem)
            )
            configuration.curves = [.x25519_MLKEM768]
            return try NIOSSLContext(configuration: configuration)
        }
    }

    private static func come(_ port: Int, _ contexts: [NIOSSLContext]) async throws -> [ScriptedAgent] {
        try await withThrowingTaskGroup(of: ScriptedAgent.self) { group in
            for number in 0..<agents {
                group.addTask {
                    let epoch = Epoch(id: UInt64(number + 1), ordinal: 1)
                    let hello = Hello(node: name(number), storeID: UInt64(number + 1), epoch: epoch, hub: 0, lanes: [])
                    return try await .welcomed(port: port, tls: contexts[number / share], hello)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `a fleet that comes at once is welcomed, all of it, twice in a row`() async throws {
        try await Certificates.temporary { certificates in
            let contexts = try Self.contexts(certificates)
            var configuration = ReceptionConfiguration()
            configuration.port = 0
            configuration.tls = TLSFiles(
                prefix: "SLUICE_HUB_TLS",
                certificate: certificates.path("server.pem"),
                key: certificates.path("server.key"),
                clientAuthorities: certificates.path("ca.pem")
            )
            let reception = Reception(
                configuration,
                log: ScriptedLog().port,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "reception") { _ in SwiftLogNoOpLogHandler() }
            )
            let port = try await reception.start()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await reception.run() }
                let clock = ContinuousClock()
                for round in 1...2 {
                    let start = clock.now
                    let agents = try await Self.come(port, contexts)
                    print("storm \(round): \(agents.count) agents welcomed after \(clock.now - start)")
                    #expect(Set(reception.connectedNodes).count == Self.agents)
                    // Cut off, as by a router that starts anew: the hub may not have heard of it when they come again.
                    for agent in agents { agent.disconnect() }
                }
                #expect(reception.statistics().refusedHandshakes == 0)
                group.cancelAll()
            }
        }
    }
}
