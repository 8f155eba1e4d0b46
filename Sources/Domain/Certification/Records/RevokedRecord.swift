// SPDX-License-Identifier: Apache-2.0

/// A certificate that counts no more, as a line of an authority's file `revoked`.
///
/// ```
/// 4f0c...91 pump-7 2026-12-01T09:30:00Z
/// serial    node   when it was revoked
/// ```
package struct RevokedRecord: Sendable, Equatable {
    package let serial: SerialNumber
    /// `-` where it is not known.
    package let node: String
    /// Seconds since 1970.
    package let time: Int64

    package init(serial: SerialNumber, node: String, time: Int64) {
        self.serial = serial
        self.node = node
        self.time = time
    }

    package init?(fields: [Substring]) {
        guard fields.count == 3, let serial = SerialNumber(text: fields[0]), NodeName.isAllowed(fields[1]),
            let time = CalendarTime.seconds(fields[2])
        else { return nil }
        self.init(serial: serial, node: String(fields[1]), time: time)
    }

    /// Without a newline.
    package var line: String { "\(serial) \(node) \(CalendarTime.text(time))" }
}
