// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

extension SalvageWriter {
    /// Makes the packs that batches go to, each with its primer, unless an earlier attempt has.
    func plan(_ survey: SalvageSurvey) throws {
        guard buckets.allSatisfy(\.isEmpty) else { return }
        let primers = Set(survey.primers.keys)
        for position in index.lanes.indices {
            for run in survey.packs.plan(index[position].lane, primers: primers)
            where !settled[position].missing(in: run.range).isEmpty {
                try make(run, primer: run.primer.flatMap { survey.primers[$0] }, position)
            }
        }
    }

    private func make(_ run: SalvagePacks.Run, primer: [UInt8]?, _ position: Int) throws {
        let segment = SegmentRecord(
            id: index.nextSegment,
            first: run.range.lowerBound,
            last: run.range.upperBound,
            rowBytes: 0,
            eventBytes: 0,
            firstTimestamp: .max,
            packedFrom: index.nextSegment
        )
        index.nextSegment += 1
        try database.create(pack: segment, lane: index[position].row)
        if let primer {
            let key = PackFormat.primerKey
            let body = PackFormat.encode(primer, count: 0, lane: index[position].lane, key: key)
            try database.add([(key, body)], to: segment)
        }
        var bucket = SalvageBucket(lower: segment.first, segment: segment, count: 0)
        bucket.pack = SalvageBucket.Pack(primer: run.primer, range: run.range)
        buckets[position].append(bucket)
    }

    /// Files a batch in each pack that it was planned for: two, where it begins before one that another batch is in.
    func add(_ batch: SalvagedBatch, _ opener: SalvageOpener) throws {
        guard let position = index.positions[batch.lane], let header = batch.header,
            !settled[position].missing(in: batch.range).isEmpty
        else { return }
        let places = buckets[position].indices.filter { number in
            guard let pack = buckets[position][number].pack else { return false }
            return pack.primer == header.primer && pack.range.overlaps(batch.range)
                && !pack.filed.missing(in: batch.range.clamped(to: pack.range)).isEmpty
        }
        guard !places.isEmpty, let contents = opener.open(batch) else { return }
        for number in places {
            let segment = buckets[position][number].segment
            guard try insert(batch.body, under: batch.range.lowerBound, in: segment) else { continue }
            let new = note(batch, contents, &buckets[position][number])
            try filed(new, bytes: batch.body.count)
        }
    }

    /// Returns how many events are new.
    private func note(
        _ batch: SalvagedBatch,
        _ contents: SalvageOpener.Contents,
        _ bucket: inout SalvageBucket
    ) -> UInt64 {
        guard let pack = bucket.pack else { return 0 }
        let range = batch.range.clamped(to: pack.range)
        let new = pack.filed.missing(in: range).reduce(0) { $0 + UInt64($1.count) }
        bucket.pack?.filed.insert(range)
        bucket.segment.rowBytes += batch.body.count
        bucket.segment.eventBytes += contents.eventBytes
        bucket.segment.firstTimestamp = min(bucket.segment.firstTimestamp, contents.firstTimestamp)
        bucket.count += 1
        bucket.isChanged = true
        return new
    }

    // MARK: Going on

    /// Goes on with what an earlier attempt has filed in this store.
    func resume() throws {
        for position in index.lanes.indices {
            for segment in index[position].segments {
                guard segment.range != nil, let bucket = try bucket(of: segment, isFirst: buckets[position].isEmpty)
                else { continue }
                buckets[position].append(bucket)
            }
            index[position].sealed = []
            index[position].open = nil
        }
    }

    private func bucket(of segment: SegmentRecord, isFirst: Bool) throws -> SalvageBucket? {
        guard segment.isPacked else {
            let count = try database.connection.integer("SELECT count(*) FROM \(segment.table)") ?? 0
            guard count > 0 else { return nil }
            let lower = isFirst ? 0 : segment.first
            return SalvageBucket(lower: lower, segment: segment, count: UInt64(count), isChanged: false)
        }
        var bucket = SalvageBucket(lower: segment.first, segment: segment, count: 0, isChanged: false)
        let primer = try PackOpener(database.connection).readPrimer(of: segment)
        var pack = SalvageBucket.Pack(primer: primer?.identifier, range: segment.first...segment.last)
        let rows = try database.connection.prepare("SELECT seq, body FROM \(segment.table) WHERE seq > 0 ORDER BY seq")
        while try rows.step() {
            let key = rows.unsigned(0)
            guard let count = rows.withBlob(1, { PackFormat.decode($0, key: key)?.count }), count > 0 else {
                throw SQLiteError(damage: "a batch of \(segment.table) is damaged")
            }
            pack.filed.insert((key...key + UInt64(count) - 1).clamped(to: pack.range))
            bucket.count += 1
        }
        bucket.pack = pack
        return bucket
    }
}
