// SPDX-License-Identifier: Apache-2.0

import Broker
package import MQTT
package import NIOCore
import Synchronization

/// A device that publishes with QoS 1 and keeps the record of it.
///
/// When its connection ends it connects again and sends what was not acknowledged once more, in the old order, before
/// anything new: what MQTT asks of a client, and what makes per-topic order of first occurrences a fair demand.
package final class Device: Sendable {
    /// Gives the message with this number, from 0; nil: there are no more.
    package typealias Source = @Sendable (_ number: Int) -> DeviceMessage?

    package struct Configuration: Sendable {
        /// Also the MQTT client identifier.
        package var name: String
        package var port: Int
        /// Messages without an answer at one time.
        package var window = 100
        /// Messages a second; nil: as fast as they are acknowledged.
        package var rate: Double?
        package var version = MQTTVersion.v311

        package init(name: String, port: Int) {
            self.name = name
            self.port = port
        }
    }

    package let configuration: Configuration
    private let group: any EventLoopGroup
    private let source: Source
    private let state = Mutex(DeviceState())
    private let client = Mutex<MQTTClient?>(nil)

    package init(_ configuration: Configuration, on group: any EventLoopGroup, source: @escaping Source) {
        self.configuration = configuration
        self.group = group
        self.source = source
    }

    /// What was published and acknowledged so far.
    package var record: PublishRecord { state.withLock { $0.record } }
    package var published: Int { state.withLock { $0.record.published } }
    package var acknowledged: Int { state.withLock { $0.record.acknowledged } }
    /// Connections after the first.
    package var reconnects: Int { state.withLock { $0.reconnects } }
    /// Messages that the agent refused for good, and the last reason.
    package var rejected: (count: Int, last: String?) { state.withLock { ($0.rejected, $0.lastRejection) } }

    /// Application bytes on the device's connections, both ways.
    package var bytes: Int {
        let current = client.withLock { $0.map { $0.bytesSent + $0.bytesReceived } ?? 0 }
        return state.withLock { $0.finishedBytes } + current
    }

    /// Publishes nothing new from now on; ``run()`` returns when the rest is acknowledged.
    package func stop() {
        state.withLock { $0.isStopped = true }
    }

    /// Publishes until the source ends or ``stop()``, and until everything is answered; or until it is cancelled.
    package func run() async throws {
        var pace = Pace(rate: configuration.rate)
        while !Task.isCancelled, !isFinished {
            guard let client = try await connect() else { continue }
            let acknowledged = acknowledged
            do {
                try await resend(on: client)
                try await publish(on: client, &pace)
                try await drain(client)
            } catch is MQTTClientError {
                // The connection ended; the next one takes over what is unanswered.
            }
            await close(client)
            // An agent that takes nothing (a full disk) is not asked again at once.
            if acknowledged == self.acknowledged { try await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// Whether nothing is left to publish and everything is answered.
    package var isFinished: Bool {
        let (isIdle, isStopped, next) = state.withLock { ($0.pending.isEmpty, $0.isStopped, $0.next) }
        return isIdle && (isStopped || source(next) == nil)
    }

    private func connect() async throws -> MQTTClient? {
        var settings = MQTTClientConfiguration(clientID: configuration.name)
        settings.port = configuration.port
        settings.window = configuration.window
        settings.version = configuration.version
        do {
            let connected = try await MQTTClient.connect(settings, group: group)
            client.withLock { $0 = connected }
            return connected
        } catch is MQTTClientError {
            try await Task.sleep(for: .milliseconds(20))
            return nil
        }
    }

    private func close(_ ended: MQTTClient) async {
        await ended.disconnect()
        client.withLock { $0 = nil }
        state.withLock {
            $0.finishedBytes += ended.bytesSent + ended.bytesReceived
            $0.reconnects += 1
        }
    }

    private func resend(on client: MQTTClient) async throws {
        let unanswered = state.withLock { $0.pending.keys.sorted() }
        for number in unanswered { try await send(number, on: client) }
    }

    private func publish(on client: MQTTClient, _ pace: inout Pace) async throws {
        while let number = takeNext() {
            try await send(number, on: client)
            try await pace.wait()
        }
    }

    /// Records the next publication before it is sent: its acknowledgement may come at once.
    private func takeNext() -> Int? {
        let (stopped, next) = state.withLock { ($0.isStopped, $0.next) }
        guard !stopped, let message = source(next) else { return nil }
        return state.withLock { $0.publish(message) }
    }

    private func send(_ number: Int, on client: MQTTClient) async throws {
        guard let message = state.withLock({ $0.hand(number) }) else { return }
        do {
            try await client.send(topic: message.topic, payload: ByteBuffer(bytes: message.payload)) { [self] result in
                answered(number, result)
            }
        } catch MQTTClientError.invalid(let reason) {
            state.withLock { $0.reject(number, reason) }
        }
    }

    private func answered(_ number: Int, _ result: Result<Void, MQTTClientError>) {
        state.withLock { state in
            switch result {
            case .success: state.acknowledge(number)
            case .failure(.rejected(let reason, let text)): state.reject(number, text ?? "\(reason)")
            case .failure: break
            }
        }
    }

    /// Waits for the last answers.
    private func drain(_ client: MQTTClient) async throws {
        while client.ending == nil, !state.withLock({ $0.pending.isEmpty }) {
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
