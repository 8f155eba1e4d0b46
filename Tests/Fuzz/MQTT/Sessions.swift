// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// A server gets the packets, behind a CONNECT unless they begin with one.
func tryServer(_ reception: Reception, _ version: MQTTVersion) {
    var limits = ServerSession.Limits()
    limits.maximumEventBytes = 256
    limits.receiveMaximum = 4
    limits.deliveryWindow = 4
    limits.maximumSubscriptions = 4
    var session = ServerSession(limits: limits)
    var packets = reception.packets[...]
    if case .connect? = packets.first {
    } else {
        packets.insert(.connect(Connect(version: version, clientID: "c")), at: packets.startIndex)
    }
    for packet in packets {
        let action = session.receive(packet)
        check(answer(of: action, in: &session), session.version)
        precondition(session.grants.count <= limits.maximumSubscriptions)
        // Of both kinds in turn, until the window is full.
        while let packetID = session.takeDeliveryID(.atLeastOnce) {
            precondition(packetID > 0 && session.deliveries.count <= limits.deliveryWindow)
            if session.takeDeliveryID(.exactlyOnce) == nil { break }
        }
    }
    if let fault = reception.fault { check(session.fail(fault).answer, session.version) }
    precondition(reception.fault == nil || !session.isConnected)
}

private func answer(of action: ServerSession.Action, in session: inout ServerSession) -> Packet? {
    switch action {
    case .open(let connect): return session.accept(clientID: connect.clientID.isEmpty ? "given" : connect.clientID)
    case .take(let publish):
        // Odd ones stay unanswered, so that the window fills.
        if publish.packetID != 0, publish.packetID % 2 == 0 { session.answered(1) }
        return nil
    case .close(let ending):
        precondition(!session.isConnected)
        return ending.answer
    case .decline(_, let answer), .unsubscribe(_, let answer), .send(let answer): return answer
    case .subscribe(let subscriptions, let packetID, let reasons):
        precondition(subscriptions.count == reasons.count { !$0.isFailure })
        return .suback(Suback(packetID: packetID, reasons: reasons))
    case .release(let packetID):
        session.answered(1)
        return .pubcomp(PublishAnswer(packetID: packetID))
    case .repeated(let packetID): return .pubrec(PublishAnswer(packetID: packetID))
    case .deliveryReceived(let packetID): return .pubrel(PublishAnswer(packetID: packetID))
    case .delivered, .leave, .none: return nil
    }
}

/// What a server says must be a packet, and explain itself in few words.
private func check(_ answer: Packet?, _ version: MQTTVersion) {
    guard let answer else { return }
    var encoded = ByteBuffer()
    answer.encode(into: &encoded, version: version)
    switch answer {
    // As many reasons as filters, or the client's own name.
    case .suback, .unsuback: break
    case .connack(let connack) where !connack.reason.isFailure: break
    default: precondition(encoded.readableBytes <= 512)
    }
    let reception = Reception(of: [encoded], version, maximumPacketBytes: 1 << 17)
    precondition(reception.fault == nil && reception.packets.count == 1 && reception.rest.readableBytes == 0)
}

/// A client gets the packets, behind a CONNACK unless they begin with one, while it publishes and asks.
func tryClient(_ reception: Reception, _ version: MQTTVersion) {
    let window = 3
    var session = ClientSession(version: version, window: window)
    if case .connack? = reception.packets.first {
    } else {
        _ = session.receive(.connack(Connack(reason: .success)))
    }
    var asked: Set<UInt16> = []
    var published: Set<UInt16> = []
    for packet in reception.packets {
        if let id = session.takeRequestID() { precondition(asked.insert(id).inserted) }
        while let id = session.takePublishID() { precondition(published.insert(id).inserted) }
        switch session.receive(packet) {
        case .acknowledged(let id, _, _): precondition(published.remove(id) != nil)
        case .answered(let id, _): precondition(asked.remove(id) != nil)
        default: break
        }
        precondition(session.unacknowledged == published.count && published.count <= window)
    }
}
