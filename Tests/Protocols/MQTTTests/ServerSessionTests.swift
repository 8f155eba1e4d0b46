// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import Testing

@Suite struct ServerSessionTests {
    private func connected(
        _ version: MQTTVersion,
        limits: ServerSession.Limits = .init(),
        properties: Properties = Properties()
    ) -> ServerSession {
        var session = ServerSession(limits: limits)
        var connect = Connect(version: version, clientID: "c")
        connect.properties = properties
        #expect(session.receive(.connect(connect)) == .open(connect))
        _ = session.accept(clientID: "c")
        return session
    }

    private func publish(_ quality: QualityOfService = .atLeastOnce, payload: Int = 0) -> Publish {
        Publish(
            topic: ByteBuffer(string: "t"),
            payload: ByteBuffer(repeating: 0, count: payload),
            packetID: quality == .atMostOnce ? 0 : 7,
            qualityOfService: quality
        )
    }

    private func ending(_ action: ServerSession.Action) -> ServerSession.Ending? {
        guard case .close(let ending) = action else { return nil }
        return ending
    }

    @Test func `anything before CONNECT closes without an answer`() {
        var session = ServerSession()
        let ending = ending(session.receive(.pingreq))
        #expect(ending?.reason == .protocolError)
        #expect(ending?.answer == nil)
        #expect(session.receive(.connect(Connect(version: .v5, clientID: "c"))) == .none)
    }

    @Test func `a second CONNECT is a protocol error`() {
        var session = connected(.v5)
        let action = session.receive(.connect(Connect(version: .v5, clientID: "c")))
        guard case .disconnect(let disconnect)? = ending(action)?.answer else {
            Issue.record("\(action)")
            return
        }
        #expect(disconnect.reason == .protocolError)
    }

    @Test func `CONNACK of MQTT 5 announces what is not offered`() {
        var session = ServerSession()
        _ = session.receive(.connect(Connect(version: .v5, clientID: "")))
        guard case .connack(let connack) = session.accept(clientID: "made-up") else { return }
        #expect(connack.reason == .success && !connack.sessionPresent)
        #expect(connack.properties.integer(.maximumQoS) == 1)
        #expect(connack.properties.integer(.retainAvailable) == 0)
        #expect(connack.properties.integer(.sharedSubscriptionAvailable) == 0)
        #expect(connack.properties.integer(.subscriptionIdentifiersAvailable) == 0)
        #expect(connack.properties.integer(.sessionExpiry) == 0)
        #expect(connack.properties.integer(.receiveMaximum) == 4_096)
        #expect(connack.properties.text(.assignedClientIdentifier) == "made-up")
    }

    @Test func `an empty client identifier of MQTT 3 needs a clean session`() {
        var session = ServerSession()
        var connect = Connect(version: .v311, clientID: "")
        connect.cleanStart = false
        let answer = ending(session.receive(.connect(connect)))?.answer
        #expect(answer == .connack(Connack(reason: .clientIdentifierNotValid)))
    }

    @Test(arguments: [3, 6] as [UInt8]) func `an unknown protocol level is told so`(level: UInt8) {
        var session = ServerSession()
        guard case .connack(let connack)? = session.fail(.unsupportedVersion(name: "MQTT", level: level)).answer
        else {
            Issue.record("no CONNACK")
            return
        }
        #expect(connack.reason == .unsupportedProtocolVersion)
        #expect(session.version == (level > 5 ? .v5 : .v311))
    }

    @Test func `a protocol name comes back in few bytes, however long its one character is`() throws {
        let name = "M" + String(repeating: "\u{301}", count: 30_000)
        var packet = ByteBuffer(bytes: [0x10])
        packet.writeVariableInteger(name.utf8.count + 3)
        packet.writeInteger(UInt16(name.utf8.count))
        packet.writeString(name)
        packet.writeInteger(6 as UInt8)
        let fault = try #require(throws: MQTTFault.self) {
            try PacketDecoder(maximumPacketBytes: 100_000).next(from: &packet)
        }
        var session = ServerSession()
        let ending = session.fail(fault)
        #expect(ending.text.utf8.count < 200)
        var answer = ByteBuffer()
        try #require(ending.answer).encode(into: &answer, version: session.version)
        #expect(answer.readableBytes < 200)
        // Other texts, which this session did not make, are cut as well.
        var other = connected(.v5)
        var goodbye = ByteBuffer()
        try #require(other.end(.protocolError, name).answer).encode(into: &goodbye, version: .v5)
        #expect(goodbye.readableBytes <= 512)
    }

    @Test func `QoS 2 closes, with its reason in MQTT 5`() {
        var new = connected(.v5)
        #expect(ending(new.receive(.publish(publish(.exactlyOnce))))?.answer != nil)
        var old = connected(.v311)
        let ending = ending(old.receive(.publish(publish(.exactlyOnce))))
        #expect(ending?.reason == .qosNotSupported && ending?.answer == nil)
    }

    @Test func `an event over the limit is declined in MQTT 5 and closes in MQTT 3`() {
        var limits = ServerSession.Limits()
        limits.maximumEventBytes = 10
        var new = connected(.v5, limits: limits)
        #expect(new.receive(.publish(publish(payload: 9))) == .take(publish(payload: 9)))
        guard case .decline(.quotaExceeded, .puback(let answer)) = new.receive(.publish(publish(payload: 10))) else {
            Issue.record("not declined")
            return
        }
        #expect(answer.packetID == 7 && answer.reason == .quotaExceeded)
        #expect(ending(new.receive(.publish(publish(.atMostOnce, payload: 10))))?.reason == .quotaExceeded)
        var old = connected(.v311, limits: limits)
        #expect(ending(old.receive(.publish(publish(payload: 10))))?.reason == .packetTooLarge)
    }

    @Test func `more unanswered messages than the receive maximum close`() {
        var limits = ServerSession.Limits()
        limits.receiveMaximum = 2
        var session = connected(.v5, limits: limits)
        _ = session.receive(.publish(publish()))
        _ = session.receive(.publish(publish()))
        session.answered(1)
        #expect(session.receive(.publish(publish())) == .take(publish()))
        #expect(ending(session.receive(.publish(publish())))?.reason == .receiveMaximumExceeded)
    }

    @Test func `a topic alias closes`() {
        var session = connected(.v5)
        var publish = publish()
        publish.properties.append(.topicAlias, 1)
        #expect(ending(session.receive(.publish(publish)))?.reason == .topicAliasInvalid)
    }

    @Test func `where publishing is not allowed it is declined`() {
        var limits = ServerSession.Limits()
        limits.allowsPublish = false
        var new = connected(.v5, limits: limits)
        guard case .decline(.notAuthorized, _) = new.receive(.publish(publish())) else {
            Issue.record("not declined")
            return
        }
        var old = connected(.v311, limits: limits)
        #expect(ending(old.receive(.publish(publish())))?.reason == .notAuthorized)
    }

    @Test func `subscriptions are granted one by one`() {
        var session = connected(.v5)
        let requests: [Subscribe.Request] = [
            .init(filter: "a/+", qualityOfService: .exactlyOnce), .init(filter: "a/#/b", qualityOfService: .atMostOnce),
            .init(filter: "$share/g/a", qualityOfService: .atMostOnce),
        ]
        guard
            case .subscribe(let grants, .suback(let suback)) = session.receive(
                .subscribe(Subscribe(packetID: 3, requests: requests))
            )
        else {
            Issue.record("no SUBACK")
            return
        }
        #expect(grants.map(\.filter) == ["a/+"])
        #expect(suback.reasons == [.grantedQoS1, .topicFilterInvalid, .sharedSubscriptionsNotSupported])
        let gone = session.receive(.unsubscribe(Unsubscribe(packetID: 4, filters: ["a/+", "b"])))
        let unsuback = Unsuback(packetID: 4, reasons: [.success, .noSubscriptionExisted])
        #expect(gone == .unsubscribe(["a/+"], answer: .unsuback(unsuback)))
    }

    @Test func `deliveries stop at the receive maximum of the client`() throws {
        var properties = Properties()
        properties.append(.receiveMaximum, 2)
        var session = connected(.v5, properties: properties)
        let taken = session.takeDeliveryID()
        let first = try #require(taken)
        #expect(session.takeDeliveryID() != nil)
        #expect(session.takeDeliveryID() == nil)
        #expect(session.receive(.puback(PublishAnswer(packetID: first))) == .delivered)
        #expect(session.receive(.puback(PublishAnswer(packetID: first))) == .none)
        #expect(session.takeDeliveryID() != nil)
    }

    @Test func `a goodbye keeps the will back, unless it asks for it`() {
        var session = connected(.v5)
        #expect(session.receive(.disconnect(Disconnect())) == .leave(publishesWill: false))
        session = connected(.v5)
        let wish = Disconnect(reason: .disconnectWithWill)
        #expect(session.receive(.disconnect(wish)) == .leave(publishesWill: true))
    }
}
