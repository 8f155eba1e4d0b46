// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS
import NIOWebSocket

/// Stands behind a handshake of TLS or WebSocket until it is done: bounds its time, and says in the log why it failed.
final class ArrivalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let core: BrokerCore
    private let slots: HandshakeSlots
    /// Whether the end of the TLS handshake is the end of it all.
    private let endsWithTLS: Bool
    private var deadline: Scheduled<Void>?

    /// Takes over a slot that was taken.
    init(core: BrokerCore, slots: HandshakeSlots, endsWithTLS: Bool) {
        self.core = core
        self.slots = slots
        self.endsWithTLS = endsWithTLS
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let limit = core.configuration.connectTimeout
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .init(limit)) { [core] in
            core.complain(of: channel, "no handshake", "the handshake was not done within \(limit)")
            channel.close(promise: nil)
        }
    }

    /// Also when the channel has closed.
    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        slots.release()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard endsWithTLS, let event = event as? TLSUserEvent, case .handshakeCompleted = event else { return }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A refused upgrade is answered as plain HTTP.
        guard !(error is NIOWebSocketUpgradeError) else { return }
        core.complain(of: context.channel, "handshake", "the handshake failed: \(Self.words(for: error))")
        context.close(promise: nil)
    }

    /// BoringSSL's reasons that a user can do something about.
    private static func words(for error: any Error) -> String {
        let text = "\(error)"
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") { return "the client showed no certificate" }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "the client's certificate is of none of SLUICE_MQTT_TLS_CLIENT_CA_FILE, or has expired"
        }
        // OpenSSL's clients say in plain that they refuse a certificate, which TLS 1.3 does not allow at that point.
        if text.contains("ALERT_UNKNOWN_CA") || text.contains("BAD_RECORD_MAC")
            || (text.contains("ALERT") && text.contains("CERTIFICATE"))
        {
            return "the client broke it off: it may not trust SLUICE_MQTT_TLS_CERT_FILE, or expect another name in it"
        }
        if text.contains("UNSUPPORTED_PROTOCOL") { return "the client knows neither TLS 1.2 nor 1.3" }
        if text.contains("uncleanShutdown") || text.contains("EOF") { return "the client closed in the middle of it" }
        let reasons = reasons(in: text)
        return reasons.isEmpty ? text : reasons.joined(separator: ", ")
    }

    /// BoringSSL's names of what went wrong, without where in its sources that was.
    private static func reasons(in text: String) -> [Substring] {
        let mark = Array("OPENSSL_internal:".utf8)
        var rest = text.utf8[...]
        var found: [Substring] = []
        while let start = rest.indices.first(where: { rest[$0...].starts(with: mark) }) {
            rest = rest[rest.index(start, offsetBy: mark.count)...]
            found.append(Substring(rest.prefix { $0 != UInt8(ascii: " ") }))
        }
        return found
    }
}
