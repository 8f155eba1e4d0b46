// SPDX-License-Identifier: Apache-2.0

/// What a device publishes next.
package struct DeviceMessage: Sendable {
    package var topic: String
    package var payload: [UInt8]

    package init(topic: String, payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }
}
