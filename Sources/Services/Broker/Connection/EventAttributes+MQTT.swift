// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT

extension Publish {
    /// Whether the event has no attributes: QoS 1, not retained, no properties.
    var isPlain: Bool { qualityOfService == .atLeastOnce && !retain && properties.isEmpty }
}

extension EventAttributes {
    init(_ publish: Publish) {
        self.init(publish.qualityOfService, retain: publish.retain, publish.properties)
    }

    init(_ will: Will) {
        self.init(will.qualityOfService, retain: will.retain, will.properties)
    }

    private init(_ qualityOfService: QualityOfService, retain: Bool, _ properties: Properties) {
        self.init()
        self.qualityOfService = qualityOfService.rawValue
        self.retain = retain
        guard !properties.isEmpty else { return }
        expiry = properties.integer(.messageExpiry)
        payloadFormat = properties.integer(.payloadFormat).map(UInt8.init)
        contentType = properties.text(.contentType)
        responseTopic = properties.text(.responseTopic)
        correlationData = properties.data(.correlationData)
        userProperties = properties.userProperties.map { UserProperty(name: $0.name, value: $0.value) }
    }

    /// The properties that a subscriber with MQTT 5 gets.
    var properties: Properties {
        var properties = Properties()
        if let payloadFormat { properties.append(.payloadFormat, UInt32(payloadFormat)) }
        if let expiry { properties.append(.messageExpiry, expiry) }
        if let contentType { properties.append(.contentType, contentType) }
        if let responseTopic { properties.append(.responseTopic, responseTopic) }
        if let correlationData { properties.items.append(Property(.correlationData, .data(correlationData))) }
        for property in userProperties {
            properties.items.append(Property(.userProperty, .pair(property.name, property.value)))
        }
        return properties
    }
}

extension KeptMessage {
    init(_ will: Will, _ timestamp: Int64) {
        let attributes = EventAttributes(will).encoded()
        self.init(
            timestamp: timestamp,
            topicLength: will.topic.utf8.count,
            attributesLength: attributes.count,
            bytes: Array(will.topic.utf8) + attributes + will.payload
        )
    }
}
