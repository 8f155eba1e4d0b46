// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// A TLS terminator, as stands in front of a hub: takes TLS on a port of its own, and passes what is inside to another.
struct TLSFront {
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter certificate: PEM files of the certificate and its key.
    static func start(
        to hubPort: Int,
        certificate: (certificate: String, key: String),
        group: any EventLoopGroup
    ) async throws -> TLSFront {
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
        )
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { front in
                front.eventLoop.makeCompletedFuture {
                    try front.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
                .flatMap { ChannelPair.connect(front, toPort: hubPort) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TLSFront(channel: channel)
    }

    func stop() async throws {
        try await channel.close().get()
    }

    /// Makes a certificate that signs itself, for one DNS name and one address.
    static func makeCertificate(_ name: String, in directory: String) throws -> (certificate: String, key: String) {
        let made = (certificate: "\(directory)/\(name).pem", key: "\(directory)/\(name).key")
        let command = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(name) \
            -addext subjectAltName=DNS:\(name) -keyout \(made.key) -out \(made.certificate) 2>\(directory)/openssl.log
            """
        guard system(command) == 0 else { throw MissingOpenSSL() }
        return made
    }

    struct MissingOpenSSL: Error {}
}
