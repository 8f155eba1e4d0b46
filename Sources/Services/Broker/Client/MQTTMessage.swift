// SPDX-License-Identifier: Apache-2.0

package import MQTT
package import NIOCore

/// A message that a subscription brought.
package struct MQTTMessage: Sendable, Equatable {
    package var topic: String
    package var payload: ByteBuffer
    package var qualityOfService: QualityOfService
    package var retain: Bool
    package var properties: Properties

    init(_ publish: Publish) {
        topic = String(buffer: publish.topic)
        payload = publish.payload
        qualityOfService = publish.qualityOfService
        retain = publish.retain
        properties = publish.properties
    }
}
