// SPDX-License-Identifier: Apache-2.0

/// The protocol level of CONNECT (MQTT 3.1.1 section 3.1.2.2, MQTT 5.0 section 3.1.2.2): a parameter of every codec call.
package enum MQTTVersion: UInt8, Sendable {
    case v311 = 4
    case v5 = 5
}
