// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// What lets one node ask a hub for its first certificate, once; `sluice-hub ca token` prints it.
///
/// ```
/// pump-7.AQ...                    the node, a point, and in base64url (RFC 4648 section 5, no padding):
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+-----------------------------------------------+
/// |  version = 1  |                 secret, 16 bytes              :
/// +---------------+-----------------------------------------------+
/// :           SHA-256 of the authority's public key, 32 bytes     :
/// +---------------------------------------------------------------+
/// |   check: SHA-256 of node and all before it, first 4 bytes     |
/// +---------------------------------------------------------------+
/// ```
/// With the authority's key in it, a node knows the hub before it says the secret. The check finds slips of the pen; it
/// protects nothing.
package struct EnrolmentToken: Sendable, Equatable {
    /// Why a text is no token.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case damaged
        case laterVersion(UInt8)

        package var description: String {
            switch self {
            case .damaged:
                "this is no enrolment token, or a part of it is missing: copy all of what `sluice-hub ca token` printed"
            case .laterVersion(let version):
                "the token is of version \(version), which this program does not know: it is older than the hub"
            }
        }
    }

    package static let secretBytes = 16
    private static let version: UInt8 = 1
    private static let hashBytes = 32
    private static let checkBytes = 4

    package let node: String
    package let secret: [UInt8]
    /// ``PublicKey/hash`` of the authority.
    package let authority: [UInt8]

    /// - Parameters:
    ///   - secret: ``secretBytes`` random bytes.
    ///   - authority: ``PublicKey/hash``, 32 bytes.
    package init(node: String, secret: [UInt8], authority: [UInt8]) {
        self.node = node
        self.secret = secret
        self.authority = authority
    }

    package init(text: String) throws(Fault) {
        let text = text.filter { !$0.isWhitespace }
        guard text.utf8.count <= 256, let point = text.lastIndex(of: "."), NodeName.isAllowed(text[..<point]),
            let bytes = Self.bytes(text[text.index(after: point)...])
        else { throw .damaged }
        node = String(text[..<point])
        let content = bytes.dropLast(Self.checkBytes)
        guard let version = content.first, Self.check(node, content).elementsEqual(bytes.suffix(Self.checkBytes)) else {
            throw .damaged
        }
        guard version == Self.version else { throw .laterVersion(version) }
        guard content.count == 1 + Self.secretBytes + Self.hashBytes else { throw .damaged }
        secret = Array(content.dropFirst().prefix(Self.secretBytes))
        authority = Array(content.suffix(Self.hashBytes))
        // Base64 has bits to spare at its end: a token has one form all the same.
        guard self.text == text else { throw .damaged }
    }

    package var text: String {
        let content = [Self.version] + secret + authority
        let digits = Data(content + Self.check(node, content[...])).base64EncodedString()
        return node + "." + digits.replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
    }

    /// All that a hub keeps of it: whoever reads that cannot enrol.
    ///
    /// The secret is random, so that a plain hash will do.
    package var digest: String { Hexadecimal.text(SHA256.hash(data: secret)) }

    private static func check(_ node: String, _ content: ArraySlice<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(node.utf8) + content).prefix(checkBytes))
    }

    private static func bytes(_ digits: Substring) -> [UInt8]? {
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }) else { return nil }
        let plain = digits.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: plain + padding), data.count > checkBytes else { return nil }
        return Array(data)
    }
}
