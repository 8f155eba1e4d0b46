// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind TLS and notes whether a hub's certificate holds in full.
final class ProofHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let proven: ProvenHubs
    private let hub: String
    private let authorities: String

    init(_ proven: ProvenHubs, of hub: String, under authorities: String) {
        self.proven = proven
        self.hub = hub
        self.authorities = authorities
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event,
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
            let key = KeyPin.text(of: certificate)
        {
            proven.prove(hub, authorities, key: key, start: Int64(certificate.notValidBefore))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The reason is in BoringSSL's error stack, which shows it as text only.
        if "\(error)".contains("CERTIFICATE_VERIFY_FAILED") { proven.fail(hub) }
        context.fireErrorCaught(error)
    }
}
