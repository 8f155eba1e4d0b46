// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind TLS and closes a connection whose server shows none of the keys that are trusted.
///
/// TLS 1.3 has proved by then that the server holds the key of its certificate (RFC 8446 section 4.4.3), and nothing
/// that the server says has come through.
package final class PinHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let pins: [String]

    package init(_ pins: [String]) {
        self.pins = pins
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            let shown = certificate.flatMap { KeyPin.text(of: $0) }
            guard let shown, pins.contains(shown) else {
                context.fireErrorCaught(PinFault(shown: shown))
                context.close(promise: nil)
                return
            }
        }
        context.fireUserInboundEventTriggered(event)
    }
}
