// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import TestSupport

extension Packet {
    /// A valid packet with random content, of the kind that `kind` picks.
    static func random(kind: Int, version: MQTTVersion, using generator: inout SeededGenerator) -> Packet {
        var maker = PacketMaker(version: version, generator: generator)
        defer { generator = maker.generator }
        switch kind % 15 {
        case 0: return .connect(maker.connect())
        case 1: return .connack(maker.connack())
        case 2: return .publish(maker.publish())
        case 3: return .puback(maker.answer())
        case 4: return .pubrec(maker.answer())
        case 5: return .pubrel(maker.answer())
        case 6: return .pubcomp(maker.answer())
        case 7: return .subscribe(maker.subscribe())
        case 8: return .suback(Suback(packetID: maker.id(), reasons: maker.granted(), properties: maker.in(.suback)))
        case 9:
            return .unsubscribe(
                Unsubscribe(packetID: maker.id(), filters: ["a/#", maker.text()], properties: maker.in(.unsubscribe))
            )
        case 10:
            let reasons: [ReasonCode] = version == .v5 ? [.success, .noSubscriptionExisted] : []
            return .unsuback(Unsuback(packetID: maker.id(), reasons: reasons, properties: maker.in(.unsuback)))
        case 11: return .pingreq
        case 12: return .pingresp
        case 13:
            guard version == .v5 else { return .disconnect(Disconnect()) }
            return .disconnect(Disconnect(reason: .sessionTakenOver, properties: maker.in(.disconnect)))
        default:
            guard version == .v5 else { return .pingreq }
            return .auth(Auth(reason: .continueAuthentication, properties: maker.in(.auth)))
        }
    }
}

private struct PacketMaker {
    let version: MQTTVersion
    var generator: SeededGenerator

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    mutating func flag() -> Bool { Bool.random(using: &generator) }
    mutating func id() -> UInt16 { UInt16(number(1...65_535)) }
    mutating func bytes(_ limit: Int) -> [UInt8] { (0..<number(0...limit)).map { _ in UInt8(number(0...255)) } }

    mutating func text() -> String {
        let letters = ["a", "Z", "0", "/", " ", "ü", "漢", "🙂", "\u{10FFFF}"]
        return (0...number(0...12)).map { _ in letters[number(0...letters.count - 1)] }.joined()
    }

    mutating func quality() -> QualityOfService { QualityOfService(rawValue: UInt8(number(0...2))) ?? .atMostOnce }

    mutating func `in`(_ place: PropertyPlace) -> Properties {
        guard version == .v5 else { return Properties() }
        var properties = Properties()
        for identifier in PropertyIdentifier.allCases where !identifier.places.isDisjoint(with: place) && flag() {
            let value: Property.Value =
                switch identifier.kind {
                case .oneByte: .integer(UInt32(number(0...1)))
                case .twoBytes: .integer(UInt32(number(1...65_535)))
                case .fourBytes: .integer(UInt32(number(1...Int(UInt32.max))))
                case .variable: .integer(UInt32(number(1...268_435_455)))
                case .text: .text(text())
                case .data: .data(bytes(40))
                case .pair: .pair(text(), text())
                }
            properties.items.append(Property(identifier, value))
        }
        return properties
    }

    mutating func connect() -> Connect {
        var connect = Connect(version: version, clientID: text())
        connect.cleanStart = flag()
        connect.keepAlive = UInt16(number(0...65_535))
        connect.properties = `in`(.connect)
        if flag() {
            connect.will = Will(topic: text(), payload: bytes(60), qualityOfService: quality(), retain: flag())
            connect.will?.properties = `in`(.will)
        }
        if flag() { connect.userName = text() }
        if flag(), connect.userName != nil || version == .v5 { connect.password = bytes(20) }
        return connect
    }

    mutating func connack() -> Connack {
        let reason: ReasonCode = flag() ? .success : .notAuthorized
        return Connack(reason: reason, sessionPresent: flag(), properties: `in`(.connack))
    }

    mutating func publish() -> Publish {
        let quality = quality()
        return Publish(
            topic: ByteBuffer(string: text()),
            payload: ByteBuffer(bytes: bytes(300)),
            packetID: quality == .atMostOnce ? 0 : id(),
            qualityOfService: quality,
            retain: flag(),
            duplicate: quality != .atMostOnce && flag(),
            properties: `in`(.publish)
        )
    }

    mutating func answer() -> PublishAnswer {
        guard version == .v5 else { return PublishAnswer(packetID: id()) }
        let reason: ReasonCode = flag() ? .success : .quotaExceeded
        return PublishAnswer(packetID: id(), reason: reason, properties: `in`(.publishAnswer))
    }

    mutating func subscribe() -> Subscribe {
        let requests = (0...number(0...3)).map { _ in
            var request = Subscribe.Request(filter: text(), qualityOfService: quality())
            guard version == .v5 else { return request }
            request.noLocal = flag()
            request.retainAsPublished = flag()
            request.retainHandling = UInt8(number(0...2))
            return request
        }
        return Subscribe(packetID: id(), requests: requests, properties: `in`(.subscribe))
    }

    mutating func granted() -> [ReasonCode] {
        [.success, .grantedQoS1, .grantedQoS2, .unspecifiedError].filter { _ in flag() } + [.success]
    }
}
