// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Opens the batches of packs: one for each connection that reads them.
final class PackOpener {
    /// Decoded bytes of one batch at most: what an encoder puts into one, or one event of any size.
    static let maximumBytes = 16 << 20

    let connection: SQLiteConnection
    private var decoder = BatchDecoder()
    /// The last one that was needed: packs that lie side by side name the same.
    private var primer: Primer?
    /// Why a primer could not be read, other than damage.
    private var failure: SQLiteError?
    private var table: (name: String, rows: SQLiteStatement)?

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// The rows of a pack from the batch on that holds `sequence`, or else from the one before it.
    func rows(of pack: SegmentRecord, from sequence: UInt64) throws(SQLiteError) -> SQLiteStatement {
        let rows: SQLiteStatement
        if let table, table.name == pack.table {
            rows = table.rows
        } else {
            rows = try connection.prepare(
                """
                SELECT seq, body FROM \(pack.table)
                WHERE seq >= (SELECT coalesce(max(seq), ?1) FROM \(pack.table) WHERE seq BETWEEN 1 AND ?1) ORDER BY seq
                """
            )
            table = (pack.table, rows)
        }
        rows.reset()
        rows.bind(sequence, at: 1)
        return rows
    }

    /// Forgets the pack that was read last; it may be gone.
    func forget() {
        table = nil
    }

    /// What a batch says of itself, if it agrees with the body that it came in.
    func header(_ batch: RawSpan, first: UInt64, count: Int) -> BatchDecoder.Header? {
        guard let header = try? decoder.header(batch), header.firstSequence == first, header.count == count else {
            return nil
        }
        return header
    }

    /// The events of a batch; nil where it is damaged, or its primer is, or ``failure`` says that this is not known.
    func events(of batch: RawSpan, _ header: BatchDecoder.Header, in pack: SegmentRecord) -> EventBlock? {
        var events = EventBlock()
        do throws(BatchFault) {
            var primer: Primer?
            if let wanted = header.primer { primer = self.primer(wanted, of: pack) }
            try decoder.decode(batch, primer: primer, maximumBytes: Self.maximumBytes, into: &events)
        } catch {
            return nil
        }
        return events.count == header.count ? events : nil
    }

    /// Throws what kept a primer from being read, if anything did since this was asked last.
    func checkFailure() throws(SQLiteError) {
        guard let failure else { return }
        self.failure = nil
        throw failure
    }

    /// The primer of a pack, if it is the wanted one.
    private func primer(_ identifier: PrimerIdentifier, of pack: SegmentRecord) -> Primer? {
        if let primer, primer.identifier == identifier { return primer }
        do throws(SQLiteError) {
            primer = try readPrimer(of: pack)
        } catch {
            failure = error.isDamage ? nil : error
        }
        return primer
    }

    /// The primer that the batches of a pack build on; nil where they build on nothing, or it is damaged.
    func readPrimer(of pack: SegmentRecord) throws(SQLiteError) -> Primer? {
        let row = try connection.prepare("SELECT body FROM \(pack.table) WHERE seq = \(PackFormat.primerKey)")
        guard try row.step() else { return nil }
        let bytes = row.withBlob(0) { body in
            PackFormat.decode(body, key: PackFormat.primerKey).map { Array(body[$0.content]) }
        }
        return bytes.flatMap { try? Primer(bytes: $0) }
    }

    /// When an event was taken; nil when its batch is not there or damaged.
    func timestamp(of sequence: UInt64, in pack: SegmentRecord) throws(SQLiteError) -> Int64? {
        let rows = try rows(of: pack, from: sequence)
        defer { rows.reset() }
        guard try rows.step() else { return nil }
        let key = rows.unsigned(0)
        defer { failure = nil }
        return rows.withBlob(1) { bytes in
            guard let body = PackFormat.decode(bytes, key: key), key <= sequence, sequence - key < UInt64(body.count)
            else { return nil }
            let batch = UnsafeRawBufferPointer(rebasing: bytes[body.content]).bytes
            guard let header = header(batch, first: key, count: body.count) else { return nil }
            return events(of: batch, header, in: pack)?.records[Int(sequence - key)].timestamp
        }
    }
}
