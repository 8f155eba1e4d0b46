// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// All that changes in a client, behind one lock: any thread sends, the event loop receives.
struct ClientState {
    typealias Acknowledged = @Sendable (Result<Void, MQTTClientError>) -> Void

    /// What is to be done after the lock is given back.
    enum Wakeup {
        case acknowledged(Acknowledged, Result<Void, MQTTClientError>)
        case answered(CheckedContinuation<[ReasonCode], any Error>, Result<[ReasonCode], MQTTClientError>)
        case connected(CheckedContinuation<Void, any Error>, Result<Void, MQTTClientError>)
        case room(CheckedContinuation<Void, Never>)
        case message(MQTTMessage)
    }

    var session: ClientSession
    /// Written, and to be sent with the next flush.
    var outbound = ByteBuffer()
    var flushIsScheduled = false
    /// False while the socket takes no more.
    var isWritable = true
    var ending: MQTTClientError?
    var acknowledgements: [UInt16: Acknowledged] = [:]
    var requests: [UInt16: CheckedContinuation<[ReasonCode], any Error>] = [:]
    var connecting: CheckedContinuation<Void, any Error>?
    /// Senders that wait for room, oldest first, by number so that cancellation finds them.
    var senders: [(number: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
    var nextSender: UInt64 = 0

    init(_ configuration: MQTTClientConfiguration) {
        session = ClientSession(version: configuration.version, window: configuration.window)
    }

    /// Whether another message may be written.
    func hasRoom(_ qualityOfService: QualityOfService) -> Bool {
        isWritable && outbound.readableBytes < 256 << 10 && (qualityOfService == .atMostOnce || session.hasRoom)
    }

    /// Senders that may try again.
    mutating func wakeSenders() -> [Wakeup] {
        guard !senders.isEmpty, isWritable || ending != nil else { return [] }
        defer { senders.removeAll() }
        return senders.map { .room($0.continuation) }
    }

    /// Works off one packet of the server.
    mutating func receive(_ packet: Packet) -> [Wakeup] {
        switch session.receive(packet) {
        case .connected:
            return connecting.take().map { [.connected($0, .success(()))] } ?? []
        case .refused(let connack):
            return end(.refused(connack.reason, text: connack.properties.text(.reasonString)))
        case .message(let publish, let answer):
            if let answer { answer.encode(into: &outbound, version: session.version) }
            return [.message(MQTTMessage(publish))]
        case .acknowledged(let id, let reason, let text):
            guard let waiter = acknowledgements.removeValue(forKey: id) else { return [] }
            return [.acknowledged(waiter, reason.isFailure ? .failure(.rejected(reason, text: text)) : .success(()))]
        case .answered(let id, let reasons):
            return requests.removeValue(forKey: id).map { [.answered($0, .success(reasons))] } ?? []
        case .closed(let reason, let text):
            return end(.closed("the server said \(text ?? "\(reason)")"))
        case .fault(let fault): return end(.closed(fault.text))
        case .none: return []
        }
    }

    /// Ends everything that waits; only the first reason counts.
    mutating func end(_ reason: MQTTClientError) -> [Wakeup] {
        guard ending == nil else { return [] }
        ending = reason
        var wakeups: [Wakeup] = acknowledgements.sorted { $0.key < $1.key }.map {
            .acknowledged($0.value, .failure(reason))
        }
        wakeups += requests.values.map { .answered($0, .failure(reason)) }
        if let waiter = connecting.take() { wakeups.append(.connected(waiter, .failure(reason))) }
        acknowledgements.removeAll()
        requests.removeAll()
        return wakeups + wakeSenders()
    }
}
