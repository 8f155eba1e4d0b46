// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Asks a proxy for a tunnel: everything after its answer is between agent and hub (RFC 9110 section 9.3.6).
enum ProxyTunnel {
    /// Succeeds when the channel leads to `authority`; the pipeline is then as it was.
    static func open(
        _ channel: any Channel,
        _ proxy: UplinkConfiguration.Proxy,
        to authority: String
    ) throws -> EventLoopFuture<Void> {
        let answered = channel.eventLoop.makePromise(of: Void.self)
        let encoder = HTTPRequestEncoder()
        // Whatever follows the answer was not asked for: agents speak first, in TLS and WebSocket alike.
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes))
        let handler = ProxyAnswerHandler(proxy, answered)
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandlers(encoder, decoder, handler)
        } catch {
            answered.fail(error)
            throw error
        }
        handler.ask(request(to: authority, proxy))
        return answered.futureResult.assumeIsolated().flatMap {
            let removed = [
                pipeline.removeHandler(handler), pipeline.removeHandler(decoder), pipeline.removeHandler(encoder),
            ]
            return EventLoopFuture.andAllSucceed(removed, on: channel.eventLoop)
        }
        .nonisolated()
    }

    private static func request(to authority: String, _ proxy: UplinkConfiguration.Proxy) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .CONNECT, uri: authority)
        head.headers.add(name: "Host", value: authority)
        if let credentials = proxy.credentials {
            head.headers.add(name: "Proxy-Authorization", value: "Basic " + base64(credentials))
        }
        return head
    }

    /// RFC 4648 section 4.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return stride(from: 0, to: bytes.count, by: 3).reduce(into: "") { out, start in
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                out.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=")
            }
        }
    }
}
