// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Notary
import Provenance
import TestSupport

@testable import Storage

extension NotaryFixture {
    /// Puts another first event in the place of a batch's, with a checksum that is right.
    func replaceBatch(at position: Int64, _ change: (inout EventLeaf) -> Void) throws {
        let database = try SQLiteConnection(path: "\(directory)/hub.db")
        let select = try database.prepare("SELECT lane, first, batch FROM log_1 WHERE position = \(position)")
        guard try select.step() else { return }
        let (lane, first, batch) = (select.integer(0), select.unsigned(1), select.withBlob(2) { Array($0) })
        select.reset()
        var block = EventBlock()
        guard PlainBatch.decode(batch, into: &block) else { return }
        let forged = PlainBatch.encode(Self.changing(block, change))
        let checksum = HubLogRow.checksum(
            lane: lane,
            first: first,
            count: block.count,
            batch: forged,
            kept: nil,
            historical: false
        )
        let update = try database.prepare("UPDATE log_1 SET batch = ?, checksum = ? WHERE position = \(position)")
        update.bind(forged.span.bytes, at: 1)
        update.bind(checksum, at: 2)
        try update.run()
    }

    private static func changing(_ block: EventBlock, _ change: (inout EventLeaf) -> Void) -> EventBlock {
        var changed = EventBlock()
        for (index, record) in block.records.enumerated() {
            var event = EventLeaf(
                identity: identity(record.sequence),
                timestamp: record.timestamp,
                topic: Array(block.bytes[record.topic]),
                attributes: [],
                payload: Array(block.bytes[record.payload])
            )
            if index == 0 { change(&event) }
            changed.append(
                sequence: record.sequence,
                timestamp: event.timestamp,
                topic: String(decoding: event.topic, as: UTF8.self),
                payload: event.payload
            )
        }
        return changed
    }

    /// Signs all that is in the log now as if nothing had been signed before.
    func notariseAnew(logID: UInt64) async throws {
        for suffix in ["", "-wal", "-shm"] { unlink(database + suffix) }
        let log = try open()
        try await notarise(log, logID: logID)
        await log.close()
    }
}
