// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How a hub is called in its certificate: by a DNS name or by an address.
package enum HostName: Sendable, Equatable {
    case named(String)
    /// 4 or 16 bytes.
    case address([UInt8])

    /// Nil for what can be neither.
    package init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .address(withUnsafeBytes(of: &four) { Array($0) })
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            self = .address(withUnsafeBytes(of: &sixteen) { Array($0) })
        } else {
            guard (1...253).contains(text.utf8.count), text.split(separator: ".").allSatisfy(NodeName.isAllowed),
                !text.hasPrefix("."), !text.hasSuffix("."), text.contains(where: \.isLetter)
            else { return nil }
            self = .named(text)
        }
    }

    /// dNSName is [2], iPAddress is [7] (RFC 5280 section 4.2.1.6).
    var generalName: [UInt8] {
        switch self {
        case .named(let name): DER.value(0x82, Array(name.utf8))
        case .address(let bytes): DER.value(0x87, bytes)
        }
    }
}
