// SPDX-License-Identifier: Apache-2.0

/// A certificate that an authority has signed, as a line of its file `issued`.
///
/// ```
/// 4f0c...91 pump-7 2026-11-24T04:00:00Z 2027-11-24T04:00:00Z sha256/...
/// serial    node   first moment         last moment          key
/// ```
package struct IssuedRecord: Sendable, Equatable {
    package let serial: SerialNumber
    package let node: String
    /// Seconds since 1970, both included.
    package let validity: ClosedRange<Int64>
    /// ``PublicKey/pin``.
    package let pin: String

    package init(serial: SerialNumber, node: String, validity: ClosedRange<Int64>, pin: String) {
        self.serial = serial
        self.node = node
        self.validity = validity
        self.pin = pin
    }

    package init?(fields: [Substring]) {
        guard fields.count == 5, let serial = SerialNumber(text: fields[0]), NodeName.isAllowed(fields[1]),
            let start = CalendarTime.seconds(fields[2]), let end = CalendarTime.seconds(fields[3]), start <= end
        else { return nil }
        self.init(serial: serial, node: String(fields[1]), validity: start...end, pin: String(fields[4]))
    }

    /// Without a newline.
    package var line: String {
        "\(serial) \(node) \(CalendarTime.text(validity.lowerBound)) \(CalendarTime.text(validity.upperBound)) \(pin)"
    }
}
