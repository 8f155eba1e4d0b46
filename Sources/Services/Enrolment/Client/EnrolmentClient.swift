// SPDX-License-Identifier: Apache-2.0

package import Certification
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A node at the door of a hub.
package struct EnrolmentClient: Sendable {
    /// For all of a connection.
    private static let deadline: TimeAmount = .seconds(20)

    private let host: String
    private let port: Int
    private let group: any EventLoopGroup

    package init(host: String, port: Int, group: any EventLoopGroup) {
        self.host = host
        self.port = port
        self.group = group
    }

    /// The authority's certificate, from a hub that is not trusted yet.
    ///
    /// Nothing is said but a greeting of TLS: the handshake is broken off once the certificates were seen.
    ///
    /// - Parameter hash: ``PublicKey/hash`` of the authority, from the token.
    package func authority(hash: [UInt8]) async throws -> Certificate {
        let shown = group.next().makePromise(of: [[UInt8]].self)
        let context = try NIOSSLContext(configuration: Self.plainConfiguration())
        let channel: any Channel
        do {
            channel = try await connect { pipeline in
                let look: NIOSSLCustomVerificationCallback = { chain, verdict in
                    shown.succeed(chain.compactMap { try? $0.toDERBytes() })
                    verdict.succeed(.failed)
                }
                try pipeline.addHandler(
                    NIOSSLClientHandler(
                        context: context,
                        serverHostname: serverName,
                        customVerificationCallback: look
                    )
                )
                try pipeline.addHandler(EndHandler { shown.fail($0) })
            }
        } catch {
            shown.fail(error)
            throw error
        }
        defer { channel.close(promise: nil) }
        let certificates = try await shown.futureResult.get().compactMap { Certificate($0) }
        guard let authority = certificates.first(where: { $0.key.hash == hash }) else {
            throw EnrolmentFault.otherAuthority(host)
        }
        return authority
    }

    /// The certificate for a token, or what the hub has against it.
    package func enrol(_ token: EnrolmentToken, _ request: [UInt8], authority: Certificate) async throws -> Certificate
    {
        let headers: HTTPHeaders = ["Authorization": "Bearer \(token.text)"]
        return try await post("/enrol", headers, request, authority: authority, own: nil)
    }

    /// Another certificate for the one that a node has.
    package func renew(_ own: NodeIdentity, _ request: [UInt8], authority: Certificate) async throws -> Certificate {
        try await post("/renew", [:], request, authority: authority, own: own)
    }

    private func post(
        _ path: String,
        _ headers: HTTPHeaders,
        _ request: [UInt8],
        authority: Certificate,
        own: NodeIdentity?
    ) async throws -> Certificate {
        let context = try Self.context(authority, own)
        let answered = group.next().makePromise(of: (UInt, String).self)
        var headers = headers
        let body = PEM.text(.request, request)
        headers.add(name: "Host", value: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
        headers.add(name: "Content-Type", value: "application/pkcs10")
        headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)
        let channel: any Channel
        do {
            channel = try await connect { pipeline in
                try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: serverName))
                try pipeline.addHTTPClientHandlers()
                try pipeline.addHandler(AnswerHandler(answered))
            }
        } catch {
            answered.fail(error)
            throw error
        }
        defer { channel.close(promise: nil) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        let (status, text) = try await answered.futureResult.get()
        guard status == 200 else { throw EnrolmentFault.refused(text) }
        let made = PEM.blocks(.certificate, in: text)?.first.flatMap { Certificate($0) }
        guard let made, made.isSigned(by: authority.key) else { throw EnrolmentFault.badAnswer }
        return made
    }

    private func connect(
        _ fill: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) async throws -> any Channel {
        do {
            return try await ClientBootstrap(group: group)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.scheduleTask(in: Self.deadline) { channel.close(promise: nil) }
                    return channel.eventLoop.makeCompletedFuture { try fill(channel.pipeline.syncOperations) }
                }
                .connect(host: host, port: port).get()
        } catch {
            throw EnrolmentFault.unreachable("\(host):\(port)", "\(error)")
        }
    }

    /// Nil where the hub is named by an address (RFC 6066 section 3).
    private var serverName: String? {
        if case .address = HostName(host) { return nil }
        return host
    }

    private static func plainConfiguration() -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        return configuration
    }

    private static func context(_ authority: Certificate, _ own: NodeIdentity?) throws -> NIOSSLContext {
        var configuration = plainConfiguration()
        configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: authority.bytes, format: .der)])
        if let own {
            configuration.certificateChain = [
                .certificate(try NIOSSLCertificate(bytes: own.certificate.bytes, format: .der))
            ]
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(own.key.text.utf8), format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
