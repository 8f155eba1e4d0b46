// SPDX-License-Identifier: Apache-2.0

/// How a message is acknowledged (MQTT 5.0 section 4.3).
package enum QualityOfService: UInt8, Sendable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    package static func < (left: QualityOfService, right: QualityOfService) -> Bool {
        left.rawValue < right.rawValue
    }
}
