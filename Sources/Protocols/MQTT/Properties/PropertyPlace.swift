// SPDX-License-Identifier: Apache-2.0

/// The packets, and the will, that properties stand in.
package struct PropertyPlace: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let connect = PropertyPlace(rawValue: 1 << 0)
    package static let will = PropertyPlace(rawValue: 1 << 1)
    package static let connack = PropertyPlace(rawValue: 1 << 2)
    package static let publish = PropertyPlace(rawValue: 1 << 3)
    /// PUBACK, PUBREC, PUBREL and PUBCOMP.
    package static let publishAnswer = PropertyPlace(rawValue: 1 << 4)
    package static let subscribe = PropertyPlace(rawValue: 1 << 5)
    package static let suback = PropertyPlace(rawValue: 1 << 6)
    package static let unsubscribe = PropertyPlace(rawValue: 1 << 7)
    package static let unsuback = PropertyPlace(rawValue: 1 << 8)
    package static let disconnect = PropertyPlace(rawValue: 1 << 9)
    package static let auth = PropertyPlace(rawValue: 1 << 10)
    package static let all = PropertyPlace(rawValue: (1 << 11) - 1)
}
