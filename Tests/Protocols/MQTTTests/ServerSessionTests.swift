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

    @Test func `CONNACK of MQTT 5 announces the limits`() {
        var session = ServerSession()
        _ = session.receive(.connect(Connect(version: .v5, clientID: "")))
        guard case .connack(let connack) = session.accept(clientID: "made-up") else { return }
        #expect(connack.reason == .success && !connack.sessionPresent)
        #expect(connack.properties.integer(.maximumQoS) == nil)
        #expect(connack.properties.integer(.sessionExpiry) == nil)
        #expect(connack.properties.integer(.serverKeepAlive) == nil)
        #expect(connack.properties.integer(.receiveMaximum) == 4_096)
        #expect(connack.properties.integer(.topicAliasMaximum) == 64)
        #expect(connack.properties.text(.assignedClientIdentifier) == "made-up")
    }

    @Test func `what a client asks for is cut to what is allowed, and it is told so`() {
        var limits = ServerSession.Limits()
        limits.maximumSessionExpiry = 100
        limits.maximumKeepAlive = 60
        var session = ServerSession(limits: limits)
        var connect = Connect(version: .v5, clientID: "c")
        connect.properties.append(.sessionExpiry, 1_000)
        _ = session.receive(.connect(connect))
        guard case .connack(let connack) = session.accept(clientID: "c") else { return }
        #expect(connack.properties.integer(.sessionExpiry) == 100 && session.sessionExpiry == 100)
        #expect(connack.properties.integer(.serverKeepAlive) == 60 && session.keepAlive == 60)
        // In MQTT 3.1.1 there is nothing to say it with.
        var old = ServerSession(limits: limits)
        var plain = Connect(version: .v311, clientID: "c")
        plain.cleanStart = false
        _ = old.receive(.connect(plain))
        #expect(old.accept(clientID: "c") == .connack(Connack(reason: .success)))
        #expect(old.sessionExpiry == 100 && old.keepAlive == 0)
    }

    @Test func `DISCONNECT may change how long a session is kept, but not begin to keep it`() {
        var properties = Properties()
        properties.append(.sessionExpiry, 10)
        var kept = connected(.v5, properties: properties)
        var goodbye = Disconnect()
        goodbye.properties.append(.sessionExpiry, 20)
        #expect(kept.receive(.disconnect(goodbye)) == .leave(publishesWill: false))
        #expect(kept.sessionExpiry == 20)
        var other = connected(.v5)
        #expect(ending(other.receive(.disconnect(goodbye)))?.reason == .protocolError)
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
        #expect(ending.answer == nil)
        // Other texts, which this session did not make, are cut as well.
        var other = connected(.v5)
        var goodbye = ByteBuffer()
        try #require(other.end(.protocolError, name).answer).encode(into: &goodbye, version: .v5)
        #expect(goodbye.readableBytes <= 512)
    }

    @Test(arguments: [MQTTVersion.v311, .v5]) func `a QoS 2 message is taken once until it is released`(
        version: MQTTVersion
    ) {
        var session = connected(version)
        let message = publish(.exactlyOnce)
        #expect(session.receive(.publish(message)) == .take(message))
        #expect(session.receive(.publish(message)) == .repeated(packetID: 7))
        #expect(session.receive(.pubrel(PublishAnswer(packetID: 7))) == .release(packetID: 7))
        let unknown: ReasonCode = version == .v5 ? .packetIdentifierNotFound : .success
        let answer = Packet.pubcomp(PublishAnswer(packetID: 7, reason: unknown))
        #expect(session.receive(.pubrel(PublishAnswer(packetID: 7))) == .send(answer))
        #expect(session.receive(.publish(message)) == .take(message))
        session.forget(7)
        #expect(session.receive(.publish(message)) == .take(message))
    }

    @Test func `what a client has not released is known on its next connection`() {
        var session = ServerSession()
        _ = session.receive(.connect(Connect(version: .v5, clientID: "c")))
        let connack = session.accept(clientID: "c", resuming: .init(grants: [:], received: [7]))
        guard case .connack(let answer) = connack else { return }
        #expect(answer.sessionPresent)
        #expect(session.receive(.publish(publish(.exactlyOnce))) == .repeated(packetID: 7))
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

    @Test func `a topic alias stands for the topic that came with it last`() {
        var session = connected(.v5)
        func aliased(_ topic: String, _ alias: UInt32) -> Packet {
            var publish = publish()
            publish.topic = ByteBuffer(string: topic)
            publish.properties.append(.topicAlias, alias)
            return .publish(publish)
        }
        func topic(_ action: ServerSession.Action) -> String? {
            guard case .take(let publish) = action else { return nil }
            #expect(publish.properties.isEmpty)
            return String(buffer: publish.topic)
        }
        #expect(topic(session.receive(aliased("a", 1))) == "a")
        #expect(topic(session.receive(aliased("b", 64))) == "b")
        #expect(topic(session.receive(aliased("", 1))) == "a")
        #expect(topic(session.receive(aliased("c", 1))) == "c")
        #expect(topic(session.receive(aliased("", 1))) == "c")
        var other = session
        #expect(ending(other.receive(aliased("", 2)))?.reason == .protocolError)
        #expect(ending(session.receive(aliased("a", 65)))?.reason == .topicAliasInvalid)
    }

    @Test func `topics go under an alias once the client knows it, as far as its aliases reach`() {
        var properties = Properties()
        properties.append(.topicAliasMaximum, 2)
        var session = connected(.v5, properties: properties)
        func alias(_ topic: String) -> [Int]? {
            session.alias(of: topic.utf8.span.bytes).map { [Int($0.alias), $0.isNew ? 1 : 0] }
        }
        #expect(alias("a") == [1, 1])
        #expect(alias("b") == [2, 1])
        #expect(alias("a") == [1, 0])
        #expect(alias("c") == nil)
        var without = connected(.v5)
        #expect(without.alias(of: "a".utf8.span.bytes) == nil)
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
            .init(filter: "a/+", qualityOfService: .exactlyOnce), .init(filter: "no", qualityOfService: .atMostOnce),
            .init(filter: "$share/g/a", qualityOfService: .atMostOnce),
            .init(filter: String(repeating: "/", count: 201), qualityOfService: .atMostOnce),
        ]
        session.deny(filters: ["no"])
        let request = Subscribe(packetID: 3, requests: requests)
        guard case .subscribe(let granted, 3, let reasons) = session.receive(.subscribe(request)) else {
            Issue.record("no SUBACK")
            return
        }
        #expect(granted.map(\.grant.filter) == ["a/+", "$share/g/a"])
        #expect(granted.map(\.wantsRetained) == [true, false])
        #expect(reasons == [.grantedQoS2, .notAuthorized, .success, .quotaExceeded])
        let gone = session.receive(.unsubscribe(Unsubscribe(packetID: 4, filters: ["a/+", "b"])))
        let unsuback = Unsuback(packetID: 4, reasons: [.success, .noSubscriptionExisted])
        #expect(gone == .unsubscribe(["a/+"], answer: .unsuback(unsuback)))
    }

    @Test(arguments: ["", "a/#/b", "a+", "$share/g", "$share//a", "$share/+/a", "$share/g/"], [MQTTVersion.v311, .v5])
    func `what is no topic filter ends the connection`(filter: String, version: MQTTVersion) {
        // MQTT-4.13.1-1, and MQTT-4.8.0-1 of MQTT 3.1.1.
        var session = connected(version)
        let good = Subscribe.Request(filter: "good", qualityOfService: .atMostOnce)
        let bad = Subscribe.Request(filter: filter, qualityOfService: .atMostOnce)
        let subscribe = session.receive(.subscribe(Subscribe(packetID: 3, requests: [good, bad])))
        #expect(ending(subscribe)?.reason == .malformedPacket)
        #expect((ending(subscribe)?.answer != nil) == (version == .v5))
        #expect(session.grants.isEmpty)
        session = connected(version)
        let unsubscribe = session.receive(.unsubscribe(Unsubscribe(packetID: 3, filters: ["good", filter])))
        #expect(ending(unsubscribe)?.reason == .malformedPacket)
    }

    /// Return code 4 of MQTT 3.1.1 is for a name or password that is "malformed" (section 3.2.2.3).
    @Test(arguments: [(MQTTVersion.v311, ReasonCode.notAuthorized), (.v5, .badUserNameOrPassword)])
    func `a wrong password is not authorized in MQTT 3`(_ version: MQTTVersion, _ told: ReasonCode) {
        var session = ServerSession()
        _ = session.receive(.connect(Connect(version: version, clientID: "c")))
        let ending = session.end(.badUserNameOrPassword, "wrong")
        guard case .connack(let connack) = ending.answer else {
            Issue.record("\(ending)")
            return
        }
        #expect(connack.reason == told && ending.reason == .badUserNameOrPassword)
    }

    @Test func `return codes are read as what they are written for`() {
        for code in 0...5 as ClosedRange<UInt8> { #expect(ReasonCode(returnCode: code)?.returnCode == code) }
    }

    @Test func `authentication data needs a method`() {
        var session = ServerSession()
        var connect = Connect(version: .v5, clientID: "c")
        connect.properties.items.append(Property(.authenticationData, .data([1])))
        #expect(ending(session.receive(.connect(connect)))?.reason == .protocolError)
    }

    @Test func `deliveries stop at the receive maximum of the client`() throws {
        var properties = Properties()
        properties.append(.receiveMaximum, 2)
        var session = connected(.v5, properties: properties)
        let taken = session.takeDeliveryID(.atLeastOnce)
        let first = try #require(taken)
        #expect(session.takeDeliveryID(.atLeastOnce) != nil)
        #expect(session.takeDeliveryID(.atLeastOnce) == nil)
        #expect(session.receive(.puback(PublishAnswer(packetID: first))) == .delivered(packetID: first))
        #expect(session.receive(.puback(PublishAnswer(packetID: first))) == .none)
        #expect(session.takeDeliveryID(.atLeastOnce) != nil)
    }

    @Test func `a QoS 2 delivery ends with PUBCOMP, or with a PUBREC that refuses`() throws {
        var session = connected(.v5)
        let taken = [session.takeDeliveryID(.exactlyOnce), session.takeDeliveryID(.exactlyOnce)]
        let ids = taken.compactMap { $0 }
        #expect(session.receive(.pubrec(PublishAnswer(packetID: ids[0]))) == .deliveryReceived(packetID: ids[0]))
        // PUBREL is owed again (MQTT-4.3.3-4).
        #expect(session.receive(.pubrec(PublishAnswer(packetID: ids[0]))) == .deliveryReceived(packetID: ids[0]))
        #expect(session.receive(.pubcomp(PublishAnswer(packetID: ids[0]))) == .delivered(packetID: ids[0]))
        let refusal = PublishAnswer(packetID: ids[1], reason: .quotaExceeded)
        #expect(session.receive(.pubrec(refusal)) == .delivered(packetID: ids[1]))
        #expect(session.deliveries.count == 0)
        let unknown = PublishAnswer(packetID: 99, reason: .packetIdentifierNotFound)
        #expect(session.receive(.pubrec(PublishAnswer(packetID: 99))) == .send(.pubrel(unknown)))
    }

    @Test(arguments: [MQTTVersion.v311, .v5], [QualityOfService.atLeastOnce, .exactlyOnce])
    func `an answer that is none to what was sent ends the connection`(
        version: MQTTVersion,
        quality: QualityOfService
    ) throws {
        let answers: [(PublishAnswer) -> Packet] =
            quality == .atLeastOnce ? [Packet.pubrec, Packet.pubcomp] : [Packet.puback, Packet.pubcomp]
        for answer in answers {
            var session = connected(version)
            let taken = session.takeDeliveryID(quality)
            let packet = answer(PublishAnswer(packetID: try #require(taken)))
            #expect(ending(session.receive(packet))?.reason == .protocolError)
        }
        var session = connected(version)
        let taken = session.takeDeliveryID(.exactlyOnce)
        let answer = PublishAnswer(packetID: try #require(taken))
        _ = session.receive(.pubrec(answer))
        #expect(ending(session.receive(.puback(answer)))?.reason == .protocolError)
        // What answers nothing may be of an earlier connection.
        session = connected(version)
        #expect(session.receive(.puback(answer)) == .none)
        #expect(session.receive(.pubcomp(answer)) == .none)
    }

    @Test func `a goodbye keeps the will back, unless it asks for it`() {
        var session = connected(.v5)
        #expect(session.receive(.disconnect(Disconnect())) == .leave(publishesWill: false))
        session = connected(.v5)
        let wish = Disconnect(reason: .disconnectWithWill)
        #expect(session.receive(.disconnect(wish)) == .leave(publishesWill: true))
    }
}
