// SPDX-License-Identifier: Apache-2.0

/// Where a web page is from, as browsers say it: `https://panel.example`, `http://10.0.0.5:8080` (RFC 6454 section 6.2).
package enum WebOrigin {
    /// Reads a list, separated by commas; nil when it is empty or one of them is no origin.
    ///
    /// `*` alone is every page.
    package static func list(_ text: String) -> [String]? {
        if text == "*" { return [text] }
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            item.filter { $0 != " " }.lowercased()
        }
        return items.allSatisfy(isOrigin) ? items : nil
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        let hasPort = !authority.hasSuffix("]") && authority.contains(":")
        // Browsers leave the scheme's own port out, and so it would never match.
        guard !authority.hasSuffix(scheme == "http://" ? ":80" : ":443") else { return false }
        return NetworkHost(hasPort ? String(authority) : "\(authority):1") != nil
    }
}
