// SPDX-License-Identifier: Apache-2.0

import Events

/// The topic filter of a shared subscription, `$share/NAME/FILTER` (MQTT 5.0 section 4.8.2).
package struct SharedFilter: Sendable, Equatable {
    package let name: String
    package let filter: String

    private static let prefix = "$share/"

    /// Whether the text asks for a shared subscription at all, rightly or not.
    package static func isShared(_ text: String) -> Bool {
        text.utf8.starts(with: prefix.utf8)
    }

    /// Nil unless the name holds no wildcard and the filter behind it is valid.
    package init?(_ text: String) {
        guard Self.isShared(text) else { return nil }
        let rest = text.utf8.dropFirst(Self.prefix.utf8.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let name = rest[..<slash]
        guard !name.isEmpty, !name.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }),
            let filter = TopicFilter(String(Substring(rest[rest.index(after: slash)...])))
        else { return nil }
        self.name = String(Substring(name))
        self.filter = filter.text
    }
}
