// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import Keys
import Logging
import Notary
import Provenance
import ServiceLifecycle
import Storage
import TestSupport
import Testing

/// A hub's state directory with a log and a notary that can be run over it.
struct NotaryFixture {
    static let node = "pump"
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let opening = BatchOpening {
        { batch, _, block in PlainBatch.decode(batch, into: &block) ? nil : .malformed("not a plain batch") }
    }

    let directory: String

    var database: String { directory + "/provenance.db" }

    func open(_ change: (inout HubLogConfiguration) -> Void = { _ in }) throws -> HubLog {
        var generator = SystemRandomNumberGenerator()
        var configuration = HubLogConfiguration(directory: directory)
        change(&configuration)
        return try HubLog.open(
            configuration,
            randomID: { generator.next() },
            logger: Self.quiet,
            opening: Self.opening
        )
    }

    static func lane(_ partition: UInt32 = 1) -> Lane { Lane(epoch: 0xE0, partition: Partition(number: partition)) }

    static func identity(_ sequence: UInt64, partition: UInt32 = 1) -> EventIdentity {
        EventIdentity(node: node, lane: lane(partition), sequence: sequence)
    }

    static func land(_ range: ClosedRange<UInt64>, partition: UInt32 = 1, in log: HubLog) async throws {
        var block = EventBlock()
        for sequence in range {
            block.append(sequence: sequence, timestamp: 1, topic: "t", payload: Array("\(sequence)".utf8))
        }
        let landed = block
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            log.land(node: node, lane: lane(partition), batch: PlainBatch.encode(landed), block: landed) {
                continuation.resume(returning: $0)
            }
        }
        _ = try result.get()
    }

    /// Lets a notary take in all that has landed in a log, and sign it.
    @discardableResult
    func notarise(_ log: HubLog, logID: UInt64 = .random(in: 1...UInt64.max)) async throws -> Notary {
        let notary = try Notary(
            directory: directory,
            log: log,
            logID: logID,
            interval: .zero,
            logger: Self.quiet
        )
        let group = ServiceGroup(services: [notary], logger: Self.quiet)
        // What has landed is signed before it ends.
        await group.triggerGracefulShutdown()
        try await group.run()
        return notary
    }

    /// Lands in a log that is opened for it, has it signed, and closes it.
    func landed(_ ranges: ClosedRange<UInt64>...) async throws {
        let log = try open()
        for range in ranges { try await Self.land(range, in: log) }
        try await notarise(log)
        await log.close()
    }

    func reader() throws -> NotaryReader {
        try NotaryReader(
            directory: directory,
            log: try HubLog.openReader(directory: directory, opening: Self.opening)
        )
    }

    func keys() throws -> [VerifierKey] {
        let log = try HubLog.openReader(directory: directory, opening: Self.opening)
        return HubSigner(try NodeKeys(directory: directory, makesNew: false), hub: try log.hubID()).keys
    }

    func audit(_ witnessed: [SignedNote] = []) throws -> Audit {
        try Audit(try reader(), keys: try keys(), witnessed: witnessed)
    }

    /// Subtrees of 256 of which the notary still tells the leaves apart.
    func chunks() throws -> Int64 {
        try SQLiteConnection(path: database, readOnly: true).integer("SELECT count(*) FROM chunks") ?? 0
    }

    /// Does what nobody should: changes the hub's log or the notary's file behind their backs.
    func tamper(_ file: String, _ statements: String) throws {
        let database = try SQLiteConnection(path: "\(directory)/\(file)")
        try database.execute(statements)
    }

    static func with(_ body: (NotaryFixture) async throws -> Void) async throws {
        try await ScratchDirectory.withAsync { try await body(NotaryFixture(directory: $0)) }
    }
}
