// SPDX-License-Identifier: Apache-2.0

/// The upper four bits of the first byte of every packet (MQTT 5.0 section 2.1.2).
package enum PacketType: UInt8, Sendable {
    case connect = 1
    case connack = 2
    case publish = 3
    case puback = 4
    case pubrec = 5
    case pubrel = 6
    case pubcomp = 7
    case subscribe = 8
    case suback = 9
    case unsubscribe = 10
    case unsuback = 11
    case pingreq = 12
    case pingresp = 13
    case disconnect = 14
    case auth = 15

    /// Whether clients may send it (MQTT 5.0 section 2.1.2, direction of flow).
    var isFromClients: Bool {
        switch self {
        case .connack, .suback, .unsuback, .pingresp: false
        default: true
        }
    }

    /// The lower four bits that the type must have; nil where they carry meaning (PUBLISH).
    var fixedFlags: UInt8? {
        switch self {
        case .publish: nil
        case .pubrel, .subscribe, .unsubscribe: 0b0010
        default: 0
        }
    }
}
