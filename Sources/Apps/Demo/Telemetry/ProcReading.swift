// SPDX-License-Identifier: Apache-2.0

import Startup

/// One thing that /proc says, as a device would report it: a name for the topic, and numbers.
package struct ProcReading: Sendable, Equatable {
    /// The value of a field: JSON already.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A topic level: no slash, no wildcard.
    package var name: String
    package var fields: [Field]

    package init(name: some StringProtocol, fields: [Field]) {
        self.name = String(name.map { "/+#\u{0}".contains($0) ? "_" : $0 })
        self.fields = fields
    }

    /// The message's payload.
    ///
    /// - Parameters:
    ///   - number: counts the device's messages, so that no two payloads are the same.
    ///   - milliseconds: when it was read, since 1970.
    package func json(number: Int, milliseconds: Int64) -> String {
        JSONText.object(
            [("ts", String(milliseconds)), ("n", String(number))] + fields.map { ($0.name, $0.value) }
        )
    }
}
