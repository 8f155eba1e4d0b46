// SPDX-License-Identifier: Apache-2.0

package import Events

extension EventAttributes {
    /// An object with what differs from a plain QoS 1 event.
    package var json: String {
        var members: [(String, String)] = []
        if qualityOfService != 1 { members.append(("qos", "\(qualityOfService)")) }
        if retain { members.append(("retain", "true")) }
        if let expiry { members.append(("expiry_s", "\(expiry)")) }
        if let payloadFormat { members.append(("payload_format", "\(payloadFormat)")) }
        if let contentType { members.append(("content_type", JSONText.string(contentType))) }
        if let responseTopic { members.append(("response_topic", JSONText.string(responseTopic))) }
        if let correlationData { members.append(("correlation_data_b64", Self.base64(correlationData))) }
        if !userProperties.isEmpty {
            // Names may repeat and their order counts (MQTT 5.0 section 3.3.2.3.7), so they are no object.
            let pairs = userProperties.map { JSONText.array([JSONText.string($0.name), JSONText.string($0.value)]) }
            members.append(("user_properties", JSONText.array(pairs)))
        }
        return JSONText.object(members)
    }

    private static func base64(_ data: [UInt8]) -> String {
        var json = JSONBytes(reserving: data.count * 2)
        data.withUnsafeBytes { json.appendBase64($0) }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
