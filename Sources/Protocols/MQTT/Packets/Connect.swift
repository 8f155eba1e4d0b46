// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// CONNECT (MQTT 5.0 section 3.1): the first packet of every client.
///
/// ```
/// | "MQTT" (2+4) | level (1) | flags (1) | keep alive (2) | properties (v5) |
/// | client id | will properties (v5) | will topic | will payload | user name | password |
///   flags: 7 user name, 6 password, 5 will retain, 4-3 will QoS, 2 will, 1 clean start, 0 reserved
/// ```
package struct Connect: Sendable, Equatable {
    package var version: MQTTVersion
    package var clientID: String
    /// MQTT 3.1.1 calls it clean session.
    package var cleanStart = true
    /// Seconds; 0 means none.
    package var keepAlive: UInt16 = 0
    package var will: Will?
    package var userName: String?
    package var password: [UInt8]?
    package var properties = Properties()

    package init(version: MQTTVersion, clientID: String) {
        self.version = version
        self.clientID = clientID
    }

    init(from body: inout ByteBuffer) throws(MQTTFault) {
        let name = try body.readText("protocol name")
        guard let level = body.readInteger(as: UInt8.self) else { throw .malformed("protocol level is missing") }
        // Scalars, as there is no end to the bytes of one Character.
        let shown = String(name.unicodeScalars.prefix(16))
        // MQTT-3.1.2-1: who speaks something else gets no CONNACK; MQIsdp is what MQTT 3.1 calls itself.
        guard name == "MQTT" || name == "MQIsdp" else { throw .malformed("protocol name \(shown)") }
        guard name == "MQTT", let version = MQTTVersion(rawValue: level) else {
            throw .unsupportedVersion(name: shown, level: level)
        }
        self.version = version
        guard let flags = body.readInteger(as: UInt8.self), let keepAlive = body.readInteger(as: UInt16.self) else {
            throw .malformed("CONNECT is cut short")
        }
        try Self.check(flags: flags, version: version)
        self.keepAlive = keepAlive
        cleanStart = flags & 0x02 != 0
        if version == .v5 { properties = try Properties(from: &body, in: .connect) }
        clientID = try body.readText("client identifier")
        if flags & 0x04 != 0 { will = try Will(from: &body, connectFlags: flags, version: version) }
        if flags & 0x80 != 0 { userName = try body.readText("user name") }
        if flags & 0x40 != 0 { password = try body.readData("password") }
    }

    private static func check(flags: UInt8, version: MQTTVersion) throws(MQTTFault) {
        guard flags & 0x01 == 0 else { throw .malformed("reserved CONNECT flag is set") }
        guard flags & 0x04 != 0 || flags & 0x38 == 0 else { throw .malformed("will flags without a will") }
        guard flags & 0x18 != 0x18 else { throw .malformed("will QoS 3") }
        // MQTT 3.1.1 forbids a password without a user name (MQTT-3.1.2-22), MQTT 5 allows it.
        guard version == .v5 || flags & 0xC0 != 0x40 else { throw .malformed("password without user name") }
    }

    func encode(into buffer: inout ByteBuffer) {
        buffer.writePacket(.connect) { body in
            body.writeText("MQTT")
            body.writeInteger(version.rawValue)
            body.writeInteger(flags)
            body.writeInteger(keepAlive)
            if version == .v5 { properties.encode(into: &body) }
            body.writeText(clientID)
            will?.encode(into: &body, version: version)
            if let userName { body.writeText(userName) }
            if let password { body.writeData(password) }
        }
    }

    private var flags: UInt8 {
        var flags: UInt8 = cleanStart ? 0x02 : 0
        if let will { flags |= will.connectFlags }
        if userName != nil { flags |= 0x80 }
        if password != nil { flags |= 0x40 }
        return flags
    }
}
