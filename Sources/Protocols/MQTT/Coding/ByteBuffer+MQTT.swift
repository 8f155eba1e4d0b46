// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension ByteBuffer {
    /// Reads a variable byte integer of at most four bytes (MQTT 5.0 section 1.5.5); nil when it is not complete.
    package mutating func readVariableInteger() throws(MQTTFault) -> Int? {
        guard let (value, width) = try variableInteger(at: readerIndex) else { return nil }
        moveReaderIndex(forwardBy: width)
        return value
    }

    /// The variable byte integer at `index` and its width, without reading it.
    func variableInteger(at index: Int) throws(MQTTFault) -> (value: Int, width: Int)? {
        var value = 0
        for position in 0..<4 {
            guard let byte = getInteger(at: index + position, as: UInt8.self) else { return nil }
            value |= Int(byte & 0x7F) << (7 * position)
            if byte & 0x80 == 0 {
                // "The encoded value MUST use the minimum number of bytes" (MQTT-1.5.5-1).
                guard byte != 0 || position == 0 else { throw .malformed("a length is padded") }
                return (value, position + 1)
            }
        }
        throw .malformed("a length has more than four bytes")
    }

    /// Writes a variable byte integer.
    package mutating func writeVariableInteger(_ value: Int) {
        var rest = value
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            writeInteger(rest > 0 ? byte | 0x80 : byte)
        } while rest > 0
    }

    /// Reads `length (2) | UTF-8` (MQTT 5.0 section 1.5.4): no ill-formed UTF-8 and no NUL.
    mutating func readText(_ what: String) throws(MQTTFault) -> String {
        guard let bytes = readLengthPrefixedSlice(as: UInt16.self) else { throw .malformed("\(what) is cut short") }
        guard let text = bytes.withUnsafeReadableBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw .malformed("\(what) is not UTF-8")
        }
        guard !text.utf8.contains(0) else { throw .malformed("\(what) holds a NUL") }
        return text
    }

    /// Reads `length (2) | bytes`.
    mutating func readData(_ what: String) throws(MQTTFault) -> [UInt8] {
        guard let bytes = readLengthPrefixedSlice(as: UInt16.self) else { throw .malformed("\(what) is cut short") }
        return Array(bytes.readableBytesView)
    }

    /// Reads a packet identifier, which is never zero (MQTT-2.2.1-3).
    mutating func readPacketID() throws(MQTTFault) -> UInt16 {
        guard let id = readInteger(as: UInt16.self) else { throw .malformed("packet identifier is missing") }
        guard id != 0 else { throw .malformed("packet identifier is zero") }
        return id
    }

    /// Reads a reason code of MQTT 5.
    mutating func readReason() throws(MQTTFault) -> ReasonCode {
        guard let raw = readInteger(as: UInt8.self) else { throw .malformed("reason code is missing") }
        guard let reason = ReasonCode(rawValue: raw) else { throw .malformed("reason code \(raw) is not known") }
        return reason
    }

    /// Throws when bytes are left over in a packet.
    ///
    /// - Parameter type: its name is put together only where it is needed, which costs as much as reading a packet.
    func requireEnd(of type: PacketType) throws(MQTTFault) {
        guard readableBytes == 0 else { throw .malformed("\(type) has \(readableBytes) bytes too many") }
    }

    /// Writes `length (2) | UTF-8`; what is over 65,535 bytes is cut, callers check their input first.
    mutating func writeText(_ text: String) {
        writeData(Array(text.utf8))
    }

    /// Writes `length (2) | bytes`; what is over 65,535 bytes is cut.
    mutating func writeData(_ data: some Collection<UInt8>) {
        writeInteger(UInt16(clamping: data.count))
        writeBytes(data.prefix(65_535))
    }

    /// Writes a fixed header (MQTT 5.0 section 2.1.1) and the body that `write` makes.
    mutating func writePacket(_ type: PacketType, flags: UInt8 = 0, _ write: (inout ByteBuffer) -> Void) {
        var body = ByteBuffer()
        write(&body)
        writeInteger(type.rawValue << 4 | flags)
        writeVariableInteger(body.readableBytes)
        writeBuffer(&body)
    }
}
