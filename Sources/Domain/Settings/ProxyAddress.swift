// SPDX-License-Identifier: Apache-2.0

/// An HTTP proxy: `http://host:port`, `http://user:password@host:port`.
package struct ProxyAddress: Sendable, Hashable, CustomStringConvertible {
    package var address: NetworkHost
    /// User and password as they are, with a colon between; nil where the proxy is to ask for none.
    package var credentials: [UInt8]?

    /// Nil for another scheme, a bad host, no port, or a user without a password.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        var rest = Substring(text.dropFirst(Self.scheme.count))
        if rest.last == "/" { rest.removeLast() }
        if let at = rest.lastIndex(of: "@") {
            // A colon of the user's own would be taken for the one before the password (RFC 7617 section 2).
            guard let user = rest[..<at].firstIndex(of: ":"), let name = Self.decoded(rest[..<user]),
                let password = Self.decoded(rest[rest.index(after: user)..<at]),
                !name.isEmpty, !name.contains(UInt8(ascii: ":"))
            else { return nil }
            credentials = name + [UInt8(ascii: ":")] + password
            rest = rest[rest.index(after: at)...]
        }
        guard let address = NetworkHost(rest), address.port > 0 else { return nil }
        self.address = address
    }

    /// Without user and password.
    package var description: String { Self.scheme + address.description }

    /// What may be shown of a text that was meant as a proxy's address: before an `@` the scheme alone.
    package static func shown(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let name = text.prefix { $0.isASCII && $0.isLetter }
        let hasScheme = text[name.endIndex...].hasPrefix("://")
        return (hasScheme ? name + "://" : "") + "***" + text[at...]
    }

    private static let scheme = "http://"

    /// Bytes, with `%HH` read (RFC 3986 section 2.1); nil where it is torn, or a control character.
    private static func decoded(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
                guard digits.count == 2 else { return nil }
                byte = UInt8(digits[0] << 4 | digits[1])
                rest = rest.dropFirst(2)
            }
            guard byte >= 0x20, byte != 0x7F else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
