// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Why a proxy gives no tunnel; shows no credentials.
enum ProxyFault: Error, CustomStringConvertible {
    case unreachable(UplinkConfiguration.Proxy, any Error)
    case refused(UplinkConfiguration.Proxy, HTTPResponseStatus)
    case notHTTP(UplinkConfiguration.Proxy)
    case closed(UplinkConfiguration.Proxy)

    var description: String {
        switch self {
        case .unreachable(let proxy, let error): "the proxy \(proxy): \(error)"
        case .refused(let proxy, .proxyAuthenticationRequired):
            proxy.credentials == nil
                ? "the proxy \(proxy) asks for a user and a password: write http://user:password@host:port in SLUICE_PROXY"
                : "the proxy \(proxy) does not take the user and password in SLUICE_PROXY"
        case .refused(let proxy, let status):
            "the proxy \(proxy) makes no tunnel: it answered HTTP \(status.code) \(status.reasonPhrase)"
        case .notHTTP(let proxy): "the proxy \(proxy) does not answer in HTTP"
        case .closed(let proxy): "the proxy \(proxy) closed the connection before it answered"
        }
    }
}
