// SPDX-License-Identifier: Apache-2.0

/// What an event carries beside topic and payload; a plain QoS 1 event carries nothing and costs zero bytes.
///
/// Encoded as items in ascending order of their key, each key at most once but for user properties:
/// ```
/// +-----+----------------------------------------------------------+
/// | key | value                                                    |
/// +-----+----------------------------------------------------------+
/// |  1  | QoS, one byte; absent = 1                                |
/// |  2  | retain; no value                                         |
/// |  3  | message expiry interval, four bytes, seconds             |
/// |  4  | payload format indicator, one byte                       |
/// |  5  | content type: length (2), UTF-8                          |
/// |  6  | response topic: length (2), UTF-8                        |
/// |  7  | correlation data: length (2), bytes                      |
/// |  8  | user property: length (2), name, length (2), value       |
/// +-----+----------------------------------------------------------+
/// ```
/// Integers are big-endian. The values are MQTT 5.0 section 3.3.2.3.
package struct EventAttributes: Sendable, Equatable {
    package struct UserProperty: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The bytes are not an encoding of attributes.
    package struct Malformed: Error, Equatable {
        package init() {}
    }

    package var qualityOfService: UInt8 = 1
    package var retain = false
    /// Seconds.
    package var expiry: UInt32?
    package var payloadFormat: UInt8?
    package var contentType: String?
    package var responseTopic: String?
    package var correlationData: [UInt8]?
    package var userProperties: [UserProperty] = []

    package init() {}

    /// The encoding; empty for a plain QoS 1 event.
    package func encoded() -> [UInt8] {
        var out: [UInt8] = []
        if qualityOfService != 1 { out += [1, qualityOfService] }
        if retain { out.append(2) }
        if let expiry { out += [3] + withUnsafeBytes(of: expiry.bigEndian, Array.init) }
        if let payloadFormat { out += [4, payloadFormat] }
        if let contentType { Self.append(key: 5, Array(contentType.utf8), to: &out) }
        if let responseTopic { Self.append(key: 6, Array(responseTopic.utf8), to: &out) }
        if let correlationData { Self.append(key: 7, correlationData, to: &out) }
        for property in userProperties {
            Self.append(key: 8, Array(property.name.utf8), to: &out)
            Self.append(Array(property.value.utf8), to: &out)
        }
        return out
    }

    package init(decoding bytes: some Sequence<UInt8>) throws(Malformed) {
        var reader = Reader(bytes: Array(bytes))
        var lastKey: UInt8 = 0
        while let key = reader.next() {
            guard key > lastKey || (key == 8 && lastKey == 8) else { throw Malformed() }
            lastKey = key
            switch key {
            case 1: qualityOfService = try reader.byte()
            case 2: retain = true
            case 3: expiry = try UInt32(reader.integer(4))
            case 4: payloadFormat = try reader.byte()
            case 5: contentType = try reader.text()
            case 6: responseTopic = try reader.text()
            case 7: correlationData = try reader.chunk()
            case 8: userProperties.append(UserProperty(name: try reader.text(), value: try reader.text()))
            default: throw Malformed()
            }
        }
    }

    private static func append(key: UInt8? = nil, _ value: [UInt8], to out: inout [UInt8]) {
        if let key { out.append(key) }
        out += withUnsafeBytes(of: UInt16(clamping: value.count).bigEndian, Array.init)
        out += value.prefix(65_535)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func next() -> UInt8? {
            guard position < bytes.count else { return nil }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func byte() throws(Malformed) -> UInt8 {
            guard let byte = next() else { throw Malformed() }
            return byte
        }

        mutating func integer(_ width: Int) throws(Malformed) -> Int {
            var value = 0
            for _ in 0..<width { value = try value << 8 | Int(byte()) }
            return value
        }

        mutating func chunk() throws(Malformed) -> [UInt8] {
            let length = try integer(2)
            guard length <= bytes.count - position else { throw Malformed() }
            defer { position += length }
            return Array(bytes[position..<position + length])
        }

        mutating func text() throws(Malformed) -> String {
            guard let text = String(validating: try chunk(), as: UTF8.self) else { throw Malformed() }
            return text
        }
    }
}
