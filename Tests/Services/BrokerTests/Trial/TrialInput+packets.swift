// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// Packets that a client may send; what makes them go together is that there is little to choose from.
extension TrialInput {
    private static let topics = ["t", "t/u", "a/b/c", "$x/y", String(repeating: "long/", count: 20)]
    private static let filters = [
        "t", "t/#", "+/u", "#", "$share/g/t", "$share/g/#", "$share/h/t/+", "$SYS/#", "a/#/no", "a/+/c",
    ]

    private mutating func quality() -> QualityOfService { pick([.atMostOnce, .atLeastOnce, .exactlyOnce]) }
    private mutating func packetID() -> UInt16 { UInt16(number(below: 6) + 1) }

    mutating func connect(names: [String]) -> Connect {
        let version: MQTTVersion = flag() ? .v5 : .v311
        var connect = Connect(version: version, clientID: pick(names))
        connect.cleanStart = flag()
        connect.keepAlive = pick([0, 0, 0, 5])
        if flag() { connect.will = will(version) }
        guard version == .v5 else { return connect }
        let expiry: UInt32? = pick([nil, 0, 10, .max])
        if let expiry { connect.properties.append(.sessionExpiry, expiry) }
        guard flag() else { return connect }
        connect.properties.append(.receiveMaximum, pick([1, 2, 60_000]))
        connect.properties.append(.topicAliasMaximum, pick([0, 2, 60_000]))
        connect.properties.append(.maximumPacketSize, pick([30, 150, 600, .max]))
        return connect
    }

    private mutating func will(_ version: MQTTVersion) -> Will {
        var will = Will(topic: pick(Self.topics), payload: bytes(4), qualityOfService: quality(), retain: flag())
        if version == .v5 { will.properties.append(.willDelay, pick([0, 5, 100])) }
        return will
    }

    /// - Parameter number: makes the payload one of its kind.
    mutating func publish(_ version: MQTTVersion, number: UInt32) -> Publish {
        let quality = quality()
        var payload = ByteBuffer()
        let length = pick([0, 4, 4, 40, 150, 400])
        if length > 0 { payload.writeInteger(number) }
        payload.writeRepeatingByte(0x2E, count: max(0, length - 4))
        var publish = Publish(
            topic: ByteBuffer(string: pick(Self.topics)),
            payload: payload,
            packetID: quality == .atMostOnce ? 0 : packetID(),
            qualityOfService: quality,
            retain: flag()
        )
        publish.duplicate = quality != .atMostOnce && flag()
        guard version == .v5 else { return publish }
        let alias = self.number(below: 6)
        if alias > 0 { publish.properties.append(.topicAlias, UInt32(alias + 1) / 2) }
        // An even one stands for the topic of the odd one before.
        if alias > 0, alias % 2 == 0 { publish.topic = ByteBuffer() }
        if flag() { publish.properties.append(.messageExpiry, pick([0, 3, 1_000])) }
        return publish
    }

    mutating func subscribe(_ version: MQTTVersion) -> Subscribe {
        let requests = (0...number(below: 3)).map { _ in
            var request = Subscribe.Request(filter: pick(Self.filters), qualityOfService: quality())
            guard version == .v5 else { return request }
            let options = byte()
            request.noLocal = options & 1 == 1
            request.retainAsPublished = options & 2 == 2
            request.retainHandling = options >> 2 % 3
            return request
        }
        var subscribe = Subscribe(packetID: packetID(), requests: requests)
        if version == .v5, flag() { subscribe.properties.append(.subscriptionIdentifier, 200) }
        return subscribe
    }

    mutating func unsubscribe() -> Unsubscribe {
        Unsubscribe(packetID: packetID(), filters: (0...number(below: 2)).map { _ in pick(Self.filters) })
    }

    mutating func answer(_ version: MQTTVersion) -> Packet {
        let kind = number(below: 4)
        var answer = PublishAnswer(packetID: packetID())
        if version == .v5, kind < 2, flag() { answer.reason = .quotaExceeded }
        return [.puback(answer), .pubrec(answer), .pubrel(answer), .pubcomp(answer)][kind]
    }

    /// A goodbye, or what a server alone may send.
    mutating func other(_ version: MQTTVersion) -> Packet {
        switch number(below: 8) {
        case 0...3:
            var disconnect = Disconnect()
            guard version == .v5 else { return .disconnect(disconnect) }
            disconnect.reason = pick([.success, .disconnectWithWill])
            let expiry: UInt32? = pick([nil, 0, 10])
            if let expiry { disconnect.properties.append(.sessionExpiry, expiry) }
            return .disconnect(disconnect)
        case 4: return .auth(Auth(reason: .continueAuthentication))
        case 5: return .connack(Connack(reason: .success))
        case 6: return .suback(Suback(packetID: 1, reasons: [.success]))
        default: return .pingreq
        }
    }
}
