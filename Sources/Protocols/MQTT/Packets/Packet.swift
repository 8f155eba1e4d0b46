// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Every MQTT control packet, both directions and both versions.
package enum Packet: Sendable, Equatable {
    indirect case connect(Connect)
    case connack(Connack)
    case publish(Publish)
    case puback(PublishAnswer)
    case pubrec(PublishAnswer)
    case pubrel(PublishAnswer)
    case pubcomp(PublishAnswer)
    case subscribe(Subscribe)
    case suback(Suback)
    case unsubscribe(Unsubscribe)
    case unsuback(Unsuback)
    case pingreq
    case pingresp
    case disconnect(Disconnect)
    case auth(Auth)

    /// Reads the body of a packet whose fixed header is known; every byte of `body` must be used.
    init(_ type: PacketType, flags: UInt8, body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        switch type {
        case .publish: self = .publish(try Publish(from: &body, flags: flags, version: version))
        case .puback: self = .puback(try PublishAnswer(from: &body, version: version))
        case .pubrec: self = .pubrec(try PublishAnswer(from: &body, version: version))
        case .pubrel: self = .pubrel(try PublishAnswer(from: &body, version: version))
        case .pubcomp: self = .pubcomp(try PublishAnswer(from: &body, version: version))
        case .connect: self = .connect(try Connect(from: &body))
        case .connack: self = .connack(try Connack(from: &body, version: version))
        case .subscribe: self = .subscribe(try Subscribe(from: &body, version: version))
        case .suback: self = .suback(try Suback(from: &body, version: version))
        case .unsubscribe: self = .unsubscribe(try Unsubscribe(from: &body, version: version))
        case .unsuback: self = .unsuback(try Unsuback(from: &body, version: version))
        case .pingreq: self = .pingreq
        case .pingresp: self = .pingresp
        case .disconnect: self = .disconnect(try Disconnect(from: &body, version: version))
        case .auth: self = .auth(try Auth(from: &body, version: version))
        }
        try body.requireEnd(of: type)
    }

    /// Writes the whole packet.
    package func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        switch self {
        case .connect(let packet): packet.encode(into: &buffer)
        case .connack(let packet): packet.encode(into: &buffer, version: version)
        case .publish(let packet): packet.encode(into: &buffer, version: version)
        case .puback(let packet): packet.encode(into: &buffer, as: .puback, version: version)
        case .pubrec(let packet): packet.encode(into: &buffer, as: .pubrec, version: version)
        case .pubrel(let packet): packet.encode(into: &buffer, as: .pubrel, version: version)
        case .pubcomp(let packet): packet.encode(into: &buffer, as: .pubcomp, version: version)
        case .subscribe(let packet): packet.encode(into: &buffer, version: version)
        case .suback(let packet): packet.encode(into: &buffer, version: version)
        case .unsubscribe(let packet): packet.encode(into: &buffer, version: version)
        case .unsuback(let packet): packet.encode(into: &buffer, version: version)
        case .pingreq: buffer.writePacket(.pingreq) { _ in }
        case .pingresp: buffer.writePacket(.pingresp) { _ in }
        case .disconnect(let packet): packet.encode(into: &buffer, version: version)
        case .auth(let packet): packet.encode(into: &buffer)
        }
    }

    /// What to call it in a log line.
    package var name: String {
        switch self {
        case .connect: "CONNECT"
        case .connack: "CONNACK"
        case .publish: "PUBLISH"
        case .puback: "PUBACK"
        case .pubrec: "PUBREC"
        case .pubrel: "PUBREL"
        case .pubcomp: "PUBCOMP"
        case .subscribe: "SUBSCRIBE"
        case .suback: "SUBACK"
        case .unsubscribe: "UNSUBSCRIBE"
        case .unsuback: "UNSUBACK"
        case .pingreq: "PINGREQ"
        case .pingresp: "PINGRESP"
        case .disconnect: "DISCONNECT"
        case .auth: "AUTH"
        }
    }
}
