// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import NIOEmbedded

@testable import Broker

/// A client of a broker on trial, and a witness to what the broker says to it.
final class TrialClient {
    /// A packet that the broker has to answer.
    enum Debt: Hashable {
        case publish(UInt16)
        case release(UInt16)
        case subscribe(UInt16)
        case unsubscribe(UInt16)
        case ping
    }

    /// Tells whether the broker reads the socket.
    private final class ReadGate: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var isOpen = false

        func read(context: ChannelHandlerContext) {
            isOpen = true
            context.read()
        }
    }

    let channel: EmbeddedChannel
    let store: TrialStore
    private let gate = ReadGate()
    private var unread = CircularBuffer<ByteBuffer>()
    /// Of what the broker has read.
    private var sent: TrialStream
    private var received: TrialStream
    private let payloads: TrialPayloads
    private var name: String
    private(set) var connect: Connect?
    private(set) var isIn = false
    private(set) var debts: Set<Debt> = []
    private var hasSaidGoodbye = false
    private(set) var last: Packet?
    /// Messages of the broker that were not answered to the end.
    var open: [UInt16: QualityOfService] = [:]
    /// PUBRELs that were not answered.
    var released: Set<UInt16> = []
    private var aliases: Set<UInt32> = []

    init(core: BrokerCore, store: TrialStore, payloads: TrialPayloads, loop: EmbeddedEventLoop) throws {
        self.store = store
        self.payloads = payloads
        // Until it says one.
        name = payloads.inventName()
        sent = TrialStream(maximumPacketBytes: core.sessionLimits.maximumPacketBytes)
        received = TrialStream(maximumPacketBytes: 1 << 20)
        let connection = BrokerConnection(core: core, entrance: Entrance(allowsAnonymous: true))
        channel = EmbeddedChannel(handlers: [gate, connection], loop: loop)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "trial"), promise: nil)
        channel.read()
    }

    var isOpen: Bool { channel.isActive }
    var version: MQTTVersion { connect?.version ?? .v311 }
    /// Whether all that was sent was whole packets, and the broker has read it.
    var isAtRest: Bool { unread.isEmpty && sent.isWhole }

    func send(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { unread.append(bytes) }
    }

    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// Lets the broker read as much as it wants, and looks at what it says.
    func exchange() throws {
        try listen()
        while channel.isActive, gate.isOpen, let bytes = unread.popFirst() {
            gate.isOpen = false
            for packet in sent.take(bytes) { note(packet) }
            // A later protocol gets the latest answer there is.
            if case .unsupportedVersion(_, let level)? = sent.fault, level > 5 { received.decoder.version = .v5 }
            try channel.writeInbound(bytes)
            channel.read()
            try listen()
        }
    }

    private func listen() throws {
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            for packet in received.take(bytes) { try check(packet) }
            try TrialFault.require(received.fault == nil, "the broker sent what is no packet: \(received.fault as Any)")
        }
        guard !channel.isActive, isIn, version == .v5, !hasSaidGoodbye else { return }
        // "MUST send a DISCONNECT with a reason" where there is one (MQTT 5.0 section 4.13.2).
        guard case .disconnect(let disconnect)? = last, disconnect.reason.isFailure else {
            throw TrialFault("a connection was closed without a reason after \(last?.name ?? "nothing")")
        }
    }

    func vanish() {
        hasSaidGoodbye = true
        channel.close(promise: nil)
    }

    // MARK: What it said

    private func note(_ packet: Packet) {
        switch packet {
        case .connect(let connect):
            guard self.connect == nil else { return }
            self.connect = connect
            received.decoder.version = connect.version
            if !connect.clientID.isEmpty { name = connect.clientID }
        case .publish(let publish) where publish.packetID != 0:
            payloads.add(Array(publish.payload.readableBytesView), of: name, under: publish.packetID)
            debts.insert(.publish(publish.packetID))
        case .pubrel(let answer): debts.insert(.release(answer.packetID))
        case .subscribe(let request): debts.insert(.subscribe(request.packetID))
        case .unsubscribe(let request): debts.insert(.unsubscribe(request.packetID))
        case .pingreq: debts.insert(.ping)
        case .puback(let answer), .pubcomp(let answer): open[answer.packetID] = nil
        case .pubrec(let answer): if answer.reason.isFailure { open[answer.packetID] = nil }
        case .disconnect: hasSaidGoodbye = true
        default: break
        }
    }

    // MARK: What it heard

    private func check(_ packet: Packet) throws(TrialFault) {
        if case .disconnect? = last { throw TrialFault("\(packet.name) after DISCONNECT") }
        last = packet
        if case .connack(let connack) = packet { return try check(connack) }
        try TrialFault.require(isIn, "\(packet.name) before CONNACK")
        switch packet {
        case .publish(let publish): try check(publish)
        case .puback(let answer), .pubrec(let answer):
            debts.remove(.publish(answer.packetID))
            try TrialFault.require(
                answer.reason.isFailure || store.hasCommitted(anyOf: payloads.of(name, under: answer.packetID)),
                "\(packet.name) \(answer.packetID) before the commit"
            )
        case .pubcomp(let answer): debts.remove(.release(answer.packetID))
        case .pubrel(let answer): released.insert(answer.packetID)
        case .suback(let suback): debts.remove(.subscribe(suback.packetID))
        case .unsuback(let unsuback): debts.remove(.unsubscribe(unsuback.packetID))
        case .pingresp: debts.remove(.ping)
        case .disconnect: break
        default: throw TrialFault("\(packet.name) is not for a client")
        }
    }

    private func check(_ connack: Connack) throws(TrialFault) {
        try TrialFault.require(!isIn, "a second CONNACK")
        guard !connack.reason.isFailure else { return }
        guard let connect else { throw TrialFault("CONNACK before CONNECT") }
        isIn = true
        let name = connack.properties.text(.assignedClientIdentifier) ?? connect.clientID
        let isKept =
            connect.version == .v5 ? (connect.properties.integer(.sessionExpiry) ?? 0) > 0 : !connect.cleanStart
        // One that left or was thrown out meanwhile may have taken its session with it.
        guard isKept, channel.isActive, !hasSaidGoodbye else { return }
        try TrialFault.require(store.hasSession(of: name), "CONNACK before the session is durable")
    }

    private func check(_ publish: Publish) throws(TrialFault) {
        if let alias = publish.properties.integer(.topicAlias) {
            let maximum = connect?.properties.integer(.topicAliasMaximum) ?? 0
            try TrialFault.require(alias > 0 && alias <= maximum, "topic alias \(alias) of \(maximum)")
            let isNew = aliases.insert(alias).inserted
            try TrialFault.require(!isNew || publish.topic.readableBytes > 0, "topic alias \(alias) is not known")
        }
        var encoded = ByteBuffer()
        publish.encode(into: &encoded, version: version)
        let maximum = connect?.properties.integer(.maximumPacketSize) ?? .max
        try TrialFault.require(encoded.readableBytes <= maximum, "PUBLISH of \(encoded.readableBytes) bytes")
        guard publish.packetID != 0 else { return }
        try TrialFault.require(
            store.hasCommitted(anyOf: [Array(publish.payload.readableBytesView)]),
            "a message went out before its commit"
        )
        try TrialFault.require(open[publish.packetID] == nil, "packet identifier \(publish.packetID) is in use")
        open[publish.packetID] = publish.qualityOfService
        let window = connect?.properties.integer(.receiveMaximum) ?? 65_535
        try TrialFault.require(open.count <= window, "more than \(window) messages are on their way")
    }
}
