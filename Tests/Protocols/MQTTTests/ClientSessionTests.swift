// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import Testing

@Suite struct ClientSessionTests {
    @Test func `nothing is sent before CONNACK and no more than the window after it`() throws {
        var session = ClientSession(version: .v5, window: 5)
        #expect(session.takePublishID() == nil)
        var connack = Connack(reason: .success)
        connack.properties.append(.receiveMaximum, 2)
        #expect(session.receive(.connack(connack)) == .connected(connack))
        let first = session.takePublishID()
        let id = try #require(first)
        #expect(session.takePublishID() != nil)
        #expect(session.takePublishID() == nil)
        #expect(session.takeRequestID() != nil)
        let answer = session.receive(.puback(PublishAnswer(packetID: id)))
        #expect(answer == .acknowledged(packetID: id, reason: .success, text: nil))
        #expect(session.hasRoom)
    }

    @Test func `an answer of the wrong kind answers nothing`() throws {
        var session = ClientSession(version: .v5, window: 5)
        _ = session.receive(.connack(Connack(reason: .success)))
        let (requestID, messageID) = (session.takeRequestID(), session.takePublishID())
        let (request, message) = (try #require(requestID), try #require(messageID))
        #expect(session.receive(.puback(PublishAnswer(packetID: request))) == .none)
        #expect(session.receive(.suback(Suback(packetID: message, reasons: [.success]))) == .none)
        #expect(session.unacknowledged == 1)
        let suback = Suback(packetID: request, reasons: [.success])
        #expect(session.receive(.suback(suback)) == .answered(packetID: request, reasons: [.success]))
        #expect(session.receive(.suback(suback)) == .none)
        let acknowledged = session.receive(.puback(PublishAnswer(packetID: message)))
        #expect(acknowledged == .acknowledged(packetID: message, reason: .success, text: nil))
        #expect(session.unacknowledged == 0)
    }

    @Test func `a refusal ends the session`() {
        var session = ClientSession(version: .v311, window: 1)
        let connack = Connack(reason: .notAuthorized)
        #expect(session.receive(.connack(connack)) == .refused(connack))
        #expect(session.receive(.pingresp) == .none)
    }

    @Test func `messages are acknowledged by their QoS`() {
        var session = ClientSession(version: .v311, window: 1)
        _ = session.receive(.connack(Connack(reason: .success)))
        var publish = Publish(topic: ByteBuffer(string: "t"), payload: ByteBuffer())
        #expect(session.receive(.publish(publish)) == .message(publish, answer: nil))
        publish.qualityOfService = .atLeastOnce
        publish.packetID = 9
        let answer = Packet.puback(PublishAnswer(packetID: 9))
        #expect(session.receive(.publish(publish)) == .message(publish, answer: answer))
    }

    @Test func `packets that only a server gets are a fault`() {
        var session = ClientSession(version: .v311, window: 1)
        _ = session.receive(.connack(Connack(reason: .success)))
        #expect(session.receive(.pingreq) == .fault(.protocolError("PINGREQ is not for this side to get")))
    }

    @Test func `packet identifiers go round and skip those in use`() {
        var ids = PacketIDs()
        for expected in 1...65_535 { #expect(ids.take().map(Int.init) == expected) }
        #expect(ids.take() == nil)
        #expect(ids.release(77) == true)
        #expect(ids.release(77) == false)
        #expect(ids.take() == 77)
    }
}
