// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Makes one ``PackedPart``: reads rows a few at a time and packs them, until the segment ends or the part is as large
/// as one transaction should be.
struct Packing {
    private static let readBytes = 256 << 10

    let choice: PackingPlan.Choice
    let connection: SQLiteConnection
    let limits: StoreLimits
    /// Bytes of a batch.
    let limit: Int
    let primer: Primer?

    init(
        _ choice: PackingPlan.Choice,
        _ connection: SQLiteConnection,
        limits: StoreLimits,
        limit: Int,
        primer: Primer?
    ) {
        self.choice = choice
        self.connection = connection
        self.limits = limits
        self.limit = limit
        // Each pack has it: it must be small beside one.
        self.primer = primer.flatMap { $0.bytes.count <= limits.segmentBytes / 16 ? $0 : nil }
    }

    /// Nil where packing does not make the segment smaller, or a row or a batch is not as it should be.
    func part() throws(SQLiteError) -> PackedPart? {
        let segment = choice.segment
        var packer = SegmentPacker(choice.lane, limit: limit, primer: primer)
        let rows = try connection.prepare("SELECT seq, body FROM \(segment.table) WHERE seq >= ?1 ORDER BY seq")
        let scan = SegmentScan(
            lane: choice.lane,
            segment: segment,
            last: segment.last,
            maximumBytes: Self.readBytes
        )
        var next = segment.first
        var nextTimestamp: Int64?
        while next <= segment.last, packer.packedBytes < limits.groupBytes / 2 {
            var block = EventBlock()
            if case .damaged = try scan.run(rows, from: next, into: &block) { return nil }
            let isEnd = block.records.last?.sequence == segment.last
            guard let count = packer.add(block, isEnd: isEnd), count > 0 else { return nil }
            next += UInt64(count)
            nextTimestamp = count < block.count ? block.records[count].timestamp : nil
            guard isWorthwhile(packer.packedBytes, packer.eventBytes, packer.events) else { return nil }
        }
        if next <= segment.last, nextTimestamp == nil {
            nextTimestamp = try StoreDatabase(connection).timestamp(of: next, in: segment)
            guard nextTimestamp != nil else { return nil }
        }
        let pack = try joined()
        var bodies = packer.bodies
        var packedBytes = packer.packedBytes
        if pack == nil, let primer {
            let key = PackFormat.primerKey
            let body = PackFormat.encode(primer.bytes, count: 0, lane: choice.lane, key: key)
            bodies.insert((key, body), at: 0)
            packedBytes += body.count
        }
        return PackedPart(
            lane: choice.lane,
            segment: segment,
            pack: pack,
            bodies: bodies,
            packedBytes: packedBytes,
            last: next - 1,
            eventBytes: packer.eventBytes,
            nextTimestamp: next <= segment.last ? nextTimestamp : nil
        )
    }

    /// Whether the batches take clearly fewer pages than the rows, which carry a head of their own each; what does not
    /// fit the rest of a page is lost to both.
    private func isWorthwhile(_ packedBytes: Int, _ eventBytes: Int, _ events: Int) -> Bool {
        packedBytes * 4 < (eventBytes + 32 * events) * 3
    }

    /// The pack before the segment, where it has room and builds on the same primer.
    private func joined() throws(SQLiteError) -> SegmentRecord? {
        guard let before = choice.before, before.rowBytes < limits.segmentBytes else { return nil }
        let known = try PackOpener(connection).readPrimer(of: before)
        return known?.identifier == primer?.identifier ? before : nil
    }
}
