// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import MQTT
import NIOCore
import NIOEmbedded

@testable import Broker

/// A whole broker with a few clients that do what the bytes of an input say, on a loop whose time only the input moves.
///
/// Throws a ``TrialFault`` when the broker answers before a commit, does not answer at all, closes without a reason,
/// fails others for what one did, or still holds something when everybody is gone.
final class BrokerTrial {
    static let witness = "witness"

    let loop = EmbeddedEventLoop()
    var input: TrialInput
    var store = TrialStore()
    var core: BrokerCore
    let payloads = TrialPayloads()
    var clients: [TrialClient?] = Array(repeating: nil, count: 4)
    var witness: TrialClient
    /// Who comes at the end to see whether it is let in.
    var guests: [TrialClient] = []
    /// Clients whose names the broker invents: those that keep a session take room for good.
    var nameless = 0
    var published: UInt32 = 0

    /// Tries what these bytes say.
    static func run(_ bytes: [UInt8]) throws {
        let trial = try BrokerTrial(bytes)
        // The loop does not go while tasks wait.
        defer { trial.end() }
        while !trial.input.isEmpty { try trial.step() }
        try trial.settle()
        try trial.checkAnswers()
        try trial.checkRecords()
        try trial.checkService()
        try trial.checkEmptiness()
    }

    private init(_ bytes: [UInt8]) throws {
        input = TrialInput(bytes)
        core = Self.core(store, loop)
        witness = try TrialClient(core: core, store: store, payloads: payloads, loop: loop)
        try enterWitness()
    }

    static func core(_ store: TrialStore, _ loop: EmbeddedEventLoop) -> BrokerCore {
        var configuration = BrokerConfiguration()
        configuration.maximumEventBytes = 300
        configuration.maximumConnections = 64
        configuration.maximumUnansweredEvents = 4
        configuration.maximumUnansweredBytes = 1_000
        configuration.maximumUnansweredBytesInAll = 2_000
        configuration.maximumQueuedMessages = 4
        configuration.maximumQueuedBytes = 1_000
        configuration.maximumQueuedBytesInAll = 2_000
        configuration.maximumRetainedBytes = 1_000
        let logger = Logger(label: "trial") { _ in SwiftLogNoOpLogHandler() }
        let core = BrokerCore(
            configuration,
            eventLoop: loop,
            access: AccessControl(configuration.access, logger: logger),
            logger: logger,
            memory: store.memory,
            now: { loop.now.uptimeNanoseconds.milliseconds },
            ingest: store.take
        )
        core.restore()
        return core
    }

    var everybody: [TrialClient] { clients.compactMap(\.self) + guests + [witness] }

    func makeClient() throws -> TrialClient {
        try TrialClient(core: core, store: store, payloads: payloads, loop: loop)
    }

    func enterWitness() throws {
        send(.connect(Connect(version: .v5, clientID: Self.witness)), as: witness)
        let request = Subscribe.Request(filter: Self.witness, qualityOfService: .atLeastOnce)
        send(.subscribe(Subscribe(packetID: 1, requests: [request])), as: witness)
        try turn()
        try TrialFault.require(witness.isIn && witness.debts.isEmpty, "a client that does nothing wrong is not let in")
    }

    func send(_ packet: Packet, as client: TrialClient) {
        var bytes = ByteBuffer()
        packet.encode(into: &bytes, version: client.connect?.version ?? .v5)
        client.send(bytes)
    }

    /// Lets everything happen that can without time passing.
    func turn() throws {
        for _ in 0..<4 {
            loop.run()
            for client in everybody { try client.exchange() }
        }
    }

    /// The whole program is killed and started again.
    func restart() throws {
        store.kill()
        store = store.copy()
        for client in everybody { client.vanish() }
        clients = clients.map { _ in nil }
        loop.run()
        cancelTasks()
        core = Self.core(store, loop)
        witness = try makeClient()
        try enterWitness()
    }

    /// Finishing any channel cancels what its loop has scheduled.
    private func cancelTasks() {
        _ = try? EmbeddedChannel(loop: loop).finish()
    }

    private func end() {
        for client in everybody { client.vanish() }
        loop.run()
        cancelTasks()
    }
}

extension UInt64 {
    fileprivate var milliseconds: Int64 { Int64(self / 1_000_000) }
}
