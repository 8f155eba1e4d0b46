// SPDX-License-Identifier: Apache-2.0

/// What an authority keeps of an enrolment token, as a line of its file `tokens`.
///
/// ```
/// 1d8f...e0 pump-7 2026-11-24T05:00:00Z -
/// digest    node   last moment          key that has used it, or -
/// ```
package struct TokenRecord: Sendable, Equatable {
    /// ``EnrolmentToken/digest``.
    package let digest: String
    package let node: String
    /// Seconds since 1970.
    package let expiry: Int64
    /// ``PublicKey/pin`` of the key that it got a certificate for; nil while it is unused.
    package var usedBy: String?

    package init(digest: String, node: String, expiry: Int64, usedBy: String? = nil) {
        self.digest = digest
        self.node = node
        self.expiry = expiry
        self.usedBy = usedBy
    }

    package init?(fields: [Substring]) {
        guard fields.count == 4, fields[0].utf8.count == 64, NodeName.isAllowed(fields[1]),
            let expiry = CalendarTime.seconds(fields[2])
        else { return nil }
        self.init(
            digest: String(fields[0]),
            node: String(fields[1]),
            expiry: expiry,
            usedBy: fields[3] == "-" ? nil : String(fields[3])
        )
    }

    /// Without a newline.
    package var line: String { "\(digest) \(node) \(CalendarTime.text(expiry)) \(usedBy ?? "-")" }
}
