// SPDX-License-Identifier: Apache-2.0

package import MQTT
package import NIOCore
import NIOPosix
import Synchronization

/// An MQTT client: what `sluice pub`, `sluice sub` and simulated devices use.
///
/// Messages are pipelined: ``send(topic:payload:qualityOfService:retain:properties:acknowledged:)`` returns when the
/// message is written, and waits only while the window or the socket is full. Any thread may send.
package final class MQTTClient: Sendable {
    package let configuration: MQTTClientConfiguration
    /// What subscriptions bring; for one reader.
    package let messages: MQTTMessages
    private let source: MQTTMessages.Producer.Source
    private let eventLoop: any EventLoop
    private let state: Mutex<ClientState>
    private let channel = Mutex<(any Channel)?>(nil)
    private let received = Atomic<Int>(0)
    private let sent = Atomic<Int>(0)

    private init(_ configuration: MQTTClientConfiguration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        state = Mutex(ClientState(configuration))
        let demand = Demand()
        let made = MQTTMessages.Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 100, highWatermark: 1_000),
            finishOnDeinit: true,
            delegate: MQTTMessages.Demand { demand.signal() }
        )
        messages = MQTTMessages(base: made.sequence)
        source = made.source
        demand.set { [weak self] in self?.resume() }
    }

    /// Connects and waits for the server's yes.
    package static func connect(
        _ configuration: MQTTClientConfiguration,
        group: any EventLoopGroup
    ) async throws -> MQTTClient {
        try check(configuration)
        let client = MQTTClient(configuration, eventLoop: group.next())
        try await client.open()
        return client
    }

    // MARK: What callers read

    /// Application bytes sent and received on the socket, both ways, from CONNECT on.
    package var bytesSent: Int { sent.load(ordering: .relaxed) }
    package var bytesReceived: Int { received.load(ordering: .relaxed) }
    /// QoS 1 messages that wait for their PUBACK.
    package var unacknowledged: Int { state.withLock { $0.session.unacknowledged } }
    /// Why the connection ended; nil while it lives.
    package var ending: MQTTClientError? { state.withLock { $0.ending } }

    // MARK: Connecting

    private static func check(_ configuration: MQTTClientConfiguration) throws {
        guard configuration.clientID.utf8.count <= 65_535, !configuration.clientID.utf8.contains(0) else {
            throw MQTTClientError.invalid("the client identifier is too long or holds a NUL")
        }
        guard configuration.userName?.utf8.count ?? 0 <= 65_535, configuration.password?.count ?? 0 <= 65_535 else {
            throw MQTTClientError.invalid("user name or password is over 65,535 bytes")
        }
        guard let will = configuration.will else { return }
        do throws(MQTTFault) { try Publish.check(topic: will.topic.utf8.span.bytes) } catch {
            throw MQTTClientError.invalid(error.text)
        }
        guard will.payload.count <= 65_535 else { throw MQTTClientError.invalid("the will is over 65,535 bytes") }
    }

    private func open() async throws {
        let address = "\(configuration.host):\(configuration.port)"
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.init(configuration.timeout))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ClientHandler(client: self))
                    }
                }
                .connect(host: configuration.host, port: configuration.port).get()
            self.channel.withLock { $0 = channel }
        } catch {
            throw MQTTClientError.cannotConnect(address: address, reason: Self.words(for: error))
        }
        let timeout = end(after: configuration.timeout, .timeout("CONNACK from \(address)"))
        defer { timeout.cancel() }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            update { state in
                if let ending = state.ending { return [.connected(continuation, .failure(ending))] }
                state.connecting = continuation
                Packet.connect(connectPacket).encode(into: &state.outbound, version: configuration.version)
                return []
            }
        }
    }

    private var connectPacket: Connect {
        var connect = Connect(version: configuration.version, clientID: configuration.clientID)
        connect.keepAlive = configuration.keepAlive
        connect.userName = configuration.userName
        connect.password = configuration.password
        connect.will = configuration.will
        return connect
    }

    private func end(after delay: Duration, _ reason: MQTTClientError) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: .init(delay)) {
            self.ended(reason)
            self.close()
        }
    }

    /// Says goodbye and closes.
    ///
    /// QoS 1 messages without an answer end with an error.
    package func disconnect() async {
        update { state in
            guard state.ending == nil else { return [] }
            Packet.disconnect(Disconnect()).encode(into: &state.outbound, version: configuration.version)
            return state.end(.closed("disconnected"))
        }
        source.finish()
        guard let channel = channel.withLock({ $0 }) else { return }
        try? await eventLoop.submit { self.flush() }.get()
        try? await channel.close()
    }

    // MARK: Requests

    /// Subscribes, and waits for the answer: one reason code for each filter, failures included.
    package func subscribe(_ requests: [Subscribe.Request]) async throws -> [ReasonCode] {
        guard requests.allSatisfy({ $0.filter.utf8.count <= 65_535 }), !requests.isEmpty else {
            throw MQTTClientError.invalid("a subscription needs filters of at most 65,535 bytes")
        }
        return try await request("SUBACK") { .subscribe(Subscribe(packetID: $0, requests: requests)) }
    }

    /// Subscribes to one filter; throws when the server refuses it.
    package func subscribe(_ filter: String, qualityOfService: QualityOfService = .atLeastOnce) async throws {
        let reasons = try await subscribe([.init(filter: filter, qualityOfService: qualityOfService)])
        if let reason = reasons.first, reason.isFailure { throw MQTTClientError.rejected(reason, text: nil) }
    }

    /// Gives up filters; the answer is empty in MQTT 3.1.1.
    package func unsubscribe(_ filters: [String]) async throws -> [ReasonCode] {
        try await request("UNSUBACK") { .unsubscribe(Unsubscribe(packetID: $0, filters: filters)) }
    }

    private func request(_ answer: String, _ make: (UInt16) -> Packet) async throws -> [ReasonCode] {
        let timeout = end(after: configuration.timeout, .timeout(answer))
        defer { timeout.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            update { state in
                guard state.ending == nil, let id = state.session.takeRequestID() else {
                    return [.answered(continuation, .failure(state.ending ?? .closed("not connected")))]
                }
                state.requests[id] = continuation
                make(id).encode(into: &state.outbound, version: configuration.version)
                return []
            }
        }
    }

    // MARK: The lock, and what follows it

    /// Changes the state, then wakes who has to know and has the bytes flushed.
    @discardableResult
    func update(_ change: (inout ClientState) -> [ClientState.Wakeup]) -> Bool {
        let (wakeups, needsFlush) = state.withLock { state in
            let wakeups = change(&state)
            let needsFlush = state.outbound.readableBytes > 0 && !state.flushIsScheduled
            if needsFlush { state.flushIsScheduled = true }
            return (wakeups, needsFlush)
        }
        if needsFlush { eventLoop.execute { self.flush() } }
        return wake(wakeups)
    }

    /// False when the reader of the messages has enough.
    private func wake(_ wakeups: [ClientState.Wakeup]) -> Bool {
        var wantsMore = true
        for wakeup in wakeups {
            switch wakeup {
            case .acknowledged(let callback, let result): callback(result)
            case .answered(let waiter, let result): waiter.resume(with: result.mapError { $0 as any Error })
            case .connected(let waiter, let result): waiter.resume(with: result.mapError { $0 as any Error })
            case .room(let waiter): waiter.resume()
            case .message(let message):
                if case .stopProducing = source.yield(message) { wantsMore = false }
            }
        }
        return wantsMore
    }

    /// Writes what waits; call it on the event loop.
    func flush() {
        let bytes = state.withLock { state -> ByteBuffer? in
            state.flushIsScheduled = false
            guard state.outbound.readableBytes > 0 else { return nil }
            defer { state.outbound.clear() }
            return state.outbound
        }
        guard let bytes, let channel = channel.withLock({ $0 }) else { return }
        sent.wrappingAdd(bytes.readableBytes, ordering: .relaxed)
        channel.writeAndFlush(bytes, promise: nil)
        update { $0.wakeSenders() }
    }

    // MARK: From the handler

    func count(received bytes: Int) {
        received.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Works off the packets of one read; false when the reader of the messages has enough.
    func received(_ packets: [Packet]) -> Bool {
        guard !packets.isEmpty else { return true }
        // Seen under the lock: a goodbye of this side, meanwhile, still has bytes to send.
        var fault: MQTTClientError?
        let wantsMore = update { state in
            guard state.ending == nil else { return [] }
            var wakeups: [ClientState.Wakeup] = []
            for packet in packets { wakeups += state.receive(packet) }
            fault = state.ending
            return wakeups + state.wakeSenders()
        }
        if let fault {
            source.finish(fault)
            close()
        }
        return wantsMore
    }

    func writabilityChanged(_ isWritable: Bool) {
        update { state in
            state.isWritable = isWritable
            return state.wakeSenders()
        }
    }

    func ping() {
        update { state in
            Packet.pingreq.encode(into: &state.outbound, version: configuration.version)
            return []
        }
    }

    /// The connection is gone: ends everything that waits.
    func ended(_ reason: MQTTClientError) {
        update { $0.end(reason) }
        source.finish(reason)
    }

    private func close() {
        channel.withLock { $0 }?.close(promise: nil)
    }

    private func resume() {
        guard let channel = channel.withLock({ $0 }) else { return }
        eventLoop.execute {
            try? channel.pipeline.syncOperations.handler(type: ClientHandler.self).resume()
        }
    }

    /// Carries the reader's demand to the client, which is made after the sequence.
    private final class Demand: Sendable {
        private let action = Mutex<(@Sendable () -> Void)?>(nil)

        func set(_ action: @escaping @Sendable () -> Void) {
            self.action.withLock { $0 = action }
        }

        func signal() {
            action.withLock { $0 }?()
        }
    }
}
