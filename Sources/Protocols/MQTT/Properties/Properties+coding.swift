// SPDX-License-Identifier: Apache-2.0

import Events
package import NIOCore

extension Properties {
    /// Reads `length (variable byte integer) | properties` (MQTT 5.0 section 2.2.2).
    package init(from body: inout ByteBuffer, in place: PropertyPlace) throws(MQTTFault) {
        self.init()
        guard let length = try body.readVariableInteger() else { throw .malformed("property length is missing") }
        guard length > 0 else { return }
        guard var bytes = body.readSlice(length: length) else { throw .malformed("properties run past the packet") }
        var seen: UInt64 = 0
        while let raw = bytes.readInteger(as: UInt8.self) {
            guard let identifier = PropertyIdentifier(rawValue: raw) else {
                throw .malformed("property \(raw) is not known")
            }
            // "An Identifier which is not valid for its packet type ... is a Malformed Packet" (MQTT 5.0 section 2.2.2.2).
            guard !identifier.places.isDisjoint(with: place) else {
                throw .malformed("property \(identifier) is not allowed here")
            }
            let repeats = identifier == .userProperty || (identifier == .subscriptionIdentifier && place == .publish)
            guard repeats || seen & (1 << UInt64(raw)) == 0 else {
                throw .protocolError("property \(identifier) stands twice")
            }
            seen |= 1 << UInt64(raw)
            items.append(Property(identifier, try Self.value(of: identifier, from: &bytes)))
        }
    }

    private static func value(
        of identifier: PropertyIdentifier,
        from bytes: inout ByteBuffer
    ) throws(MQTTFault) -> Property.Value {
        switch identifier.kind {
        case .text:
            let text = try bytes.readText("\(identifier)")
            // MQTT-3.3.2-14, and the same of a will.
            guard identifier != .responseTopic || TopicName.isValid(text.utf8.span.bytes) else {
                throw .protocolError("the response topic is empty or holds a wildcard")
            }
            return .text(text)
        case .data: return .data(try bytes.readData("\(identifier)"))
        case .pair: return .pair(try bytes.readText("user property"), try bytes.readText("user property"))
        case .oneByte, .twoBytes, .fourBytes, .variable:
            guard let value = try integer(identifier.kind, from: &bytes) else {
                throw .malformed("property \(identifier) is cut short")
            }
            guard identifier.range.contains(value) else {
                throw .protocolError("property \(identifier) must not be \(value)")
            }
            return .integer(value)
        }
    }

    private static func integer(_ kind: Property.Kind, from bytes: inout ByteBuffer) throws(MQTTFault) -> UInt32? {
        switch kind {
        case .oneByte: bytes.readInteger(as: UInt8.self).map(UInt32.init)
        case .twoBytes: bytes.readInteger(as: UInt16.self).map(UInt32.init)
        case .fourBytes: bytes.readInteger(as: UInt32.self)
        case .variable: try bytes.readVariableInteger().map(UInt32.init)
        case .text, .data, .pair: nil
        }
    }

    /// Bytes of the properties on the wire, without their length.
    package var encodedLength: Int {
        guard !items.isEmpty else { return 0 }
        var bytes = ByteBuffer()
        for item in items { item.encode(into: &bytes) }
        return bytes.readableBytes
    }

    /// Writes what ``init(from:in:)`` reads.
    package func encode(into buffer: inout ByteBuffer) {
        guard !items.isEmpty else {
            buffer.writeInteger(UInt8(0))
            return
        }
        var bytes = ByteBuffer()
        for item in items { item.encode(into: &bytes) }
        buffer.writeVariableInteger(bytes.readableBytes)
        buffer.writeBuffer(&bytes)
    }
}

extension Property {
    fileprivate func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(identifier.rawValue)
        switch value {
        case .text(let text): buffer.writeText(text)
        case .data(let data): buffer.writeData(data)
        case .pair(let name, let value):
            buffer.writeText(name)
            buffer.writeText(value)
        case .integer(let value):
            switch identifier.kind {
            case .oneByte: buffer.writeInteger(UInt8(truncatingIfNeeded: value))
            case .twoBytes: buffer.writeInteger(UInt16(truncatingIfNeeded: value))
            case .variable: buffer.writeVariableInteger(Int(value))
            case .fourBytes, .text, .data, .pair: buffer.writeInteger(value)
            }
        }
    }
}
