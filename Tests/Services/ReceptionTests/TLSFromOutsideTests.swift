// SPDX-License-Identifier: Apache-2.0

import Keys
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Reception
import Storage
import TestSupport
import Testing

/// What a stranger with openssl finds at a hub's port.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
struct TLSFromOutsideTests {
    private func withReception(_ body: (Reception, Int, Certificates) async throws -> Void) async throws {
        try await Certificates.temporary { certificates in
            try certificates.make("pump", subject: "/CN=pump-7", names: "DNS:pump-7")
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
                try await body(reception, port, certificates)
                group.cancelAll()
            }
        }
    }

    /// What openssl says of a handshake, and of what comes right behind it.
    private func handshake(_ options: String, _ port: Int, _ certificates: Certificates) async -> String {
        let own = "-cert \(certificates.path("pump.pem")) -key \(certificates.path("pump.key"))"
        let options = options.replacing("OWN", with: own)
        // The answer to a request is the proof that the hub was content.
        let request = "printf 'GET / HTTP/1.1\\r\\nHost: hub\\r\\n\\r\\n'; sleep 1"
        return await Command.output(
            "(\(request)) | timeout 10 openssl s_client -connect 127.0.0.1:\(port) -ign_eof "
                + "-CAfile \(certificates.path("ca.pem")) \(options) 2>&1"
        )
    }

    @Test func `TLS 1.3 with a trusted certificate is let in`() async throws {
        try await withReception { _, port, certificates in
            let said = await handshake("-tls1_3 OWN", port, certificates)
            #expect(said.contains("TLSv1.3") && said.contains("HTTP/1.1 "), "\(said)")
        }
    }

    @Test(arguments: ["-tls1_2 OWN", "-tls1_1 OWN", "-tls1_3", "-tls1_3 OWN -groups P-521"])
    func `older versions, no certificate and other groups are not`(_ options: String) async throws {
        try await withReception { reception, port, certificates in
            let said = await handshake(options, port, certificates)
            #expect(!said.contains("HTTP/1.1 "), "\(said)")
            #expect(reception.statistics().refusedHandshakes == 1)
        }
    }

    @Test func `who knows X25519MLKEM768 gets it`() async throws {
        try await withReception { _, port, certificates in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.curves = [.x25519_MLKEM768]
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificates.path("ca.pem")))
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.path("pump.pem"))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: certificates.path("pump.key"), format: .pem)
            )
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(tls)
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            // Written only after the handshake.
            try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n"))
            try await channel.close()
        }
    }
}
