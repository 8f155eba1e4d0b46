// SPDX-License-Identifier: Apache-2.0

/// Fills batches with as many rows as fit, found by compressing again and again.
struct RowPacker: ~Copyable {
    /// Mode (1), dictionary (4), base sequence and count (3).
    private static let headerBytes = 8

    private let limit: Int
    private let maximumEvents: Int
    private var zstd: ZstdRows
    /// Events of the last batch: the next one will hold about as many.
    private var guess = 8

    init(_ options: BenchOptions, dictionary: [UInt8] = []) throws(BenchFault) {
        limit = options.mtu
        maximumEvents = options.batchEvents ?? .max
        zstd = try ZstdRows(dictionary: dictionary)
    }

    /// Packs all rows.
    /// - Parameter mismatch: where given, each batch is opened, and this thrown for a row that is not what it was.
    mutating func pack(
        _ rows: EventRows,
        mismatch: ((_ row: Int) -> BenchFault)? = nil
    ) throws(BenchFault) -> PackedSize {
        var size = PackedSize()
        var start = 0
        while start < rows.count {
            let batch = try next(rows, from: start)
            let place = rows.place(of: start..<start + batch.events)
            if let mismatch, let position = try zstd.firstDifference(in: place, of: rows.bytes) {
                throw mismatch(rows.row(at: position))
            }
            size.add(events: batch.events, bytes: batch.bytes)
            start += batch.events
        }
        return size
    }

    /// The most rows that fit, at least one: outward from the guess in growing steps, then by halves.
    ///
    /// One more row does not; that a few more might, because frames do not grow quite evenly, is left aside.
    mutating func next(_ rows: EventRows, from start: Int) throws(BenchFault) -> (events: Int, bytes: Int) {
        let available = min(rows.count - start, maximumEvents)
        var best = (events: 0, bytes: 0)
        var tooMany = available + 1
        var count = min(guess, available)
        var step = max(1, count / 8)
        while true {
            let length = Self.headerBytes + (try zstd.length(of: rows.place(of: start..<start + count), in: rows.bytes))
            if length <= limit || count == 1 { best = (count, length) } else { tooMany = count }
            guard best.events + 1 < tooMany else { break }
            if best.events == 0 {
                count = max(1, count - step)
            } else if tooMany > available {
                count = min(available, count + step)
            } else {
                count = (best.events + tooMany) / 2
            }
            step *= 2
        }
        guess = best.events
        return best
    }
}
