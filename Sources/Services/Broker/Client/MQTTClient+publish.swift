// SPDX-License-Identifier: Apache-2.0

package import MQTT
package import NIOCore

extension MQTTClient {
    /// Publishes and, for QoS 1, waits for the PUBACK.
    package func publish(
        topic: String,
        payload: ByteBuffer,
        qualityOfService: QualityOfService = .atLeastOnce,
        retain: Bool = false,
        properties: Properties = Properties()
    ) async throws {
        guard qualityOfService == .atLeastOnce else {
            return try await send(
                topic: topic,
                payload: payload,
                qualityOfService: qualityOfService,
                retain: retain,
                properties: properties
            )
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Result<Void, MQTTClientError>.self)
        try await send(topic: topic, payload: payload, retain: retain, properties: properties) { result in
            continuation.yield(result)
            continuation.finish()
        }
        for await result in stream { return try result.get() }
        throw CancellationError()
    }

    /// Writes a message and returns; waits only while the window or the socket is full.
    ///
    /// - Parameter acknowledged: called once on the event loop for QoS 1, when the PUBACK came or when it no longer can;
    ///   not called for QoS 0, nor when this throws.
    package func send(
        topic: String,
        payload: ByteBuffer,
        qualityOfService: QualityOfService = .atLeastOnce,
        retain: Bool = false,
        properties: Properties = Properties(),
        acknowledged: @escaping @Sendable (Result<Void, MQTTClientError>) -> Void = { _ in }
    ) async throws {
        let header = PublishHeader(qualityOfService: qualityOfService, retain: retain, properties: properties)
        try check(topic, header)
        while try !write(topic, payload, header, acknowledged) {
            await waitForRoom(qualityOfService)
            try Task.checkCancellation()
        }
    }

    private func check(_ topic: String, _ header: PublishHeader) throws {
        do throws(MQTTFault) { try Publish.check(topic: topic.utf8.span.bytes) } catch {
            throw MQTTClientError.invalid(error.text)
        }
        guard header.qualityOfService != .exactlyOnce else { throw MQTTClientError.invalid("QoS 2 is not offered") }
    }

    /// False when there is no room now.
    private func write(
        _ topic: String,
        _ payload: ByteBuffer,
        _ header: PublishHeader,
        _ acknowledged: @escaping ClientState.Acknowledged
    ) throws -> Bool {
        var result: Result<Bool, MQTTClientError> = .success(false)
        update { state in
            result = state.write(topic, payload, header, acknowledged)
            return []
        }
        return try result.get()
    }

    private func waitForRoom(_ qualityOfService: QualityOfService) async {
        var number: UInt64 = 0
        update { state in
            state.nextSender += 1
            number = state.nextSender
            return []
        }
        let mine = number
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                update { state in
                    if state.hasRoom(qualityOfService) || state.ending != nil || Task.isCancelled {
                        return [.room(continuation)]
                    }
                    state.senders.append((mine, continuation))
                    return []
                }
            }
        } onCancel: {
            update { state in
                guard let index = state.senders.firstIndex(where: { $0.number == mine }) else { return [] }
                return [.room(state.senders.remove(at: index).continuation)]
            }
        }
    }
}

extension ClientState {
    /// Adds a message to what is to be sent; false when there is no room.
    fileprivate mutating func write(
        _ topic: String,
        _ payload: ByteBuffer,
        _ header: PublishHeader,
        _ acknowledged: @escaping Acknowledged
    ) -> Result<Bool, MQTTClientError> {
        if let ending { return .failure(ending) }
        let length = header.encodedLength(
            topicBytes: topic.utf8.count,
            payloadBytes: payload.readableBytes,
            version: session.version
        )
        guard length <= session.maximumPacketBytes else {
            return .failure(.invalid("\(length) bytes are over the server's \(session.maximumPacketBytes)"))
        }
        guard hasRoom(header.qualityOfService) else { return .success(false) }
        var header = header
        if header.qualityOfService == .atLeastOnce {
            guard let id = session.takePublishID() else { return .success(false) }
            header.packetID = id
            acknowledgements[id] = acknowledged
        }
        header.encode(
            topic: topic.utf8.span.bytes,
            payload: payload.readableBytesSpan,
            into: &outbound,
            version: session.version
        )
        return .success(true)
    }
}
