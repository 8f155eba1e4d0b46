// SPDX-License-Identifier: Apache-2.0

import NIOSSL

extension TLSFiles {
    /// Whether TLS is what went wrong.
    package static func isHandshakeFault(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
    }

    /// BoringSSL's reasons that a user can do something about.
    package func words(for error: any Error) -> String {
        let text = "\(error)"
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") { return "the client showed no certificate" }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "the client's certificate is of none of \(clientAuthoritiesVariable), or has expired"
        }
        // OpenSSL's clients say in plain that they refuse a certificate, which TLS 1.3 does not allow at that point.
        if text.contains("ALERT_UNKNOWN_CA") || text.contains("BAD_RECORD_MAC")
            || (text.contains("ALERT") && text.contains("CERTIFICATE"))
        {
            return "the client broke it off: it may not trust \(certificateVariable), or expect another name in it"
        }
        if text.contains("UNSUPPORTED_PROTOCOL") { return "the client knows no version of TLS that is spoken here" }
        if text.contains("uncleanShutdown") || text.contains("EOF") { return "the client closed in the middle of it" }
        let reasons = Self.reasons(in: text)
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
