// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import Broker

/// What a broker handed to ingest; answers at once, or when the test says so.
final class Ingested: Sendable {
    typealias Answer = @Sendable (IngestOutcome) -> Void

    private struct State {
        var blocks: [EventBlock] = []
        var records: [UInt64: StateRecord] = [:]
        var held: [Answer] = []
        var outcome: IngestOutcome?
    }

    private let state: Mutex<State>

    /// - Parameter outcome: what every block is answered with at once; nil holds the answers back.
    init(outcome: IngestOutcome? = .accepted) {
        state = Mutex(State(outcome: outcome))
    }

    func take(_ block: EventBlock, _ changes: [StateChange], _ answer: @escaping Answer) {
        let outcome = state.withLock { state in
            if !block.isEmpty { state.blocks.append(block) }
            if case .refused? = state.outcome {} else { state.records.apply(changes) }
            if state.outcome == nil { state.held.append(answer) }
            return state.outcome
        }
        if let outcome { answer(outcome) }
    }

    /// Holds answers back from now on.
    func hold() {
        state.withLock { $0.outcome = nil }
    }

    /// Answers what was held back, and from now on at once.
    func release(_ outcome: IngestOutcome = .accepted) {
        let held = state.withLock { state in
            state.outcome = outcome
            defer { state.held.removeAll() }
            return state.held
        }
        for answer in held { answer(outcome) }
    }

    /// The inside of a broker that hands what it is given to this, on a loop whose time the test moves.
    func core(_ loop: EmbeddedEventLoop) -> BrokerCore {
        let configuration = BrokerConfiguration()
        let core = BrokerCore(
            configuration,
            eventLoop: loop,
            access: AccessControl(configuration.access, logger: .quiet),
            logger: .quiet,
            memory: memory,
            now: { 1_700_000_000_000 },
            ingest: take
        )
        core.restore()
        return core
    }

    /// What a broker keeps here between two starts.
    var memory: BrokerMemory {
        let records = state.withLock { Array($0.records.values) }
        return BrokerMemory(records: records) { changes in self.state.withLock { $0.records.apply(changes) } }
    }

    var blocks: [EventBlock] { state.withLock { $0.blocks } }
    var eventCount: Int { blocks.reduce(0) { $0 + $1.count } }
    var topics: [String] { blocks.flatMap { block in block.records.indices.map { block.topic(at: $0) } } }
    var payloads: [[UInt8]] {
        blocks.flatMap { block in block.records.indices.map { Array(block.payload(at: $0)) } }
    }
}

/// Runs `body` against a broker on a free loopback port, and stops the broker after it.
///
/// - Parameter keeps: whether sessions and retained messages are kept with what was ingested.
func withBroker(
    _ configuration: BrokerConfiguration = BrokerConfiguration(),
    ingested: Ingested = Ingested(),
    keeps: Bool = true,
    logger: Logger = .quiet,
    _ body: (MQTTBroker, Int) async throws -> Void
) async throws {
    var configuration = configuration
    configuration.port = 0
    configuration.stopTimeout = .seconds(2)
    let broker = MQTTBroker(
        configuration,
        group: MultiThreadedEventLoopGroup.singleton,
        logger: logger,
        memory: keeps ? ingested.memory : nil,
        now: { 1_700_000_000_000 },
        ingest: ingested.take
    )
    let port = try await broker.start()
    let services = ServiceGroup(services: [broker], logger: .quiet)
    try await withThrowingTaskGroup { group in
        group.addTask { try await services.run() }
        do {
            try await body(broker, port)
        } catch {
            group.cancelAll()
            throw error
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}

extension Logger {
    static var quiet: Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}

/// Waits until `condition` holds; fails the test when it does not within `seconds`.
func eventually(
    _ what: String,
    within seconds: Double = 30,
    at location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    while try await !condition() {
        guard clock.now < limit else {
            Issue.record("\(what): not within \(seconds) s", sourceLocation: location)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
