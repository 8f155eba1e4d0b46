// SPDX-License-Identifier: Apache-2.0

import Events

/// Finds how many events fit: guesses from what they have cost so far, compresses, and corrects the guess.
struct BatchPacker: ~Copyable {
    /// One form of the first `count` events.
    private struct Attempt {
        var mode: BatchFormat.Mode
        var count: Int
        /// Of the whole batch, in bytes.
        var length: Int
    }

    private enum Form {
        case columns
        case rows
    }

    private let limit: Int
    private let primer: Primer?
    private var zstd: Zstandard.Compressor
    private var columns = ColumnWriter()
    private var codes = CodeWriter()
    private var body: [UInt8] = []
    /// The body of the best attempt so far.
    private var packed: [UInt8] = []
    private var candidate: [UInt8] = []
    private var spare: [UInt8] = []
    /// Bytes of the first events as rows, roughly.
    private var rowBytes: [Int] = []
    /// Whether a bound of the format stands against more events.
    private var isFull = false

    init(limit: Int, primer: Primer?) {
        self.limit = limit
        self.primer = primer
        zstd = Zstandard.Compressor(dictionary: primer?.dictionary ?? [])
    }

    mutating func pack(
        _ records: ArraySlice<EventBlock.Record>,
        of bytes: UnsafeBufferPointer<UInt8>,
        into output: inout [UInt8]
    ) -> Int {
        let first = records[records.startIndex]
        columns.reset(baseTime: first.timestamp, start: primer?.start ?? .empty)
        rowBytes.removeAll(keepingCapacity: true)
        isFull = false
        let best = search(records, of: bytes)
        header(best.mode, first, best.count).append(to: &output)
        output.append(contentsOf: packed)
        return best.count
    }

    /// The longest attempt that fits, or the shortest form of the first event.
    private mutating func search(
        _ records: ArraySlice<EventBlock.Record>,
        of bytes: UnsafeBufferPointer<UInt8>
    ) -> Attempt {
        var form = Form.columns
        var best: Attempt?
        var guess = PackingGuess(limit: limit)
        while let count = choose(guess, form, records, of: bytes) {
            let attempt = make(count, records, of: bytes, &form)
            let fits = attempt.length <= limit
            if fits || count == 1 {
                best = attempt
                swap(&packed, &candidate)
            }
            let estimate = estimate(count, form)
            guess.learn(count: count, length: attempt.length, estimate: estimate)
            let isAll = count == records.count || (form == .columns && isFull && count == columns.marks.count)
            if isAll && fits || guess.isSettled { break }
        }
        return best ?? Attempt(mode: .rows, count: 0, length: 0)
    }

    /// How many events to try next; nil when nothing is left between what fits and what does not.
    private mutating func choose(
        _ guess: PackingGuess,
        _ form: Form,
        _ records: ArraySlice<EventBlock.Record>,
        of bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var available = columns.marks.count
        while !isFull, available < min(records.count, guess.upperCount) {
            if available > 0, guess.isEnough(estimate(available, form)) { break }
            let record = records[records.startIndex + available]
            isFull = !columns.add(record, of: bytes)
            if !isFull { available += 1 }
            rowBytes.append((rowBytes.last ?? 0) + record.all.count + 10)
        }
        let bound = min(available, guess.upperCount)
        guard bound > guess.lowerCount else { return nil }
        // The last count that is expected to fit.
        var low = guess.lowerCount + 1
        var high = bound
        while low < high {
            let middle = (low + high + 1) / 2
            if guess.isEnough(estimate(middle, form)) { high = middle - 1 } else { low = middle }
        }
        return low
    }

    /// Roughly the size of the first `count` events, up to a factor.
    private func estimate(_ count: Int, _ form: Form) -> Int {
        form == .columns ? columns.estimate(count) : rowBytes[count - 1] / 2
    }

    /// Writes the first events in the form they are tried in, or as rows where those are shorter.
    private mutating func make(
        _ count: Int,
        _ records: ArraySlice<EventBlock.Record>,
        of bytes: UnsafeBufferPointer<UInt8>,
        _ form: inout Form
    ) -> Attempt {
        let first = records[records.startIndex]
        var attempt = Attempt(mode: .columns, count: count, length: .max)
        if form == .columns {
            attempt = makeColumns(count, first)
            // Columns that save much need no second opinion.
            guard attempt.length > rowBytes[count - 1] / 4 else { return attempt }
        }
        body.removeAll(keepingCapacity: true)
        RowForm.append(records.prefix(count), baseTime: first.timestamp, of: bytes, to: &body)
        let length = attempt.length
        swap(&candidate, &spare)
        candidate.removeAll(keepingCapacity: true)
        let compressed = zstd.compress(body)
        appendBody(compressed)
        let rows = Attempt(
            mode: compressed == nil ? .rows : .compressedRows,
            count: count,
            length: header(compressed == nil ? .rows : .compressedRows, first, count).length + candidate.count
        )
        guard rows.length < length else {
            swap(&candidate, &spare)
            return attempt
        }
        form = .rows
        return rows
    }

    /// Rows as they are build on no primer.
    private func header(_ mode: BatchFormat.Mode, _ first: EventBlock.Record, _ count: Int) -> BatchHeader {
        BatchHeader(
            mode: mode,
            firstSequence: first.sequence,
            count: count,
            baseTime: first.timestamp,
            primer: mode == .rows ? nil : primer?.identifier
        )
    }

    /// Tables with their length in front, then the codes.
    private mutating func makeColumns(_ count: Int, _ first: EventBlock.Record) -> Attempt {
        columns.writeTables(count, into: &body)
        candidate.removeAll(keepingCapacity: true)
        let compressed = zstd.compress(body)
        Varint.append(UInt64(compressed ?? body.count), to: &candidate)
        appendBody(compressed)
        codes.write(
            columns.codes,
            count: Int(columns.marks[count - 1].codes),
            runs: (primer?.start ?? .empty).model.runs,
            into: &candidate
        )
        return Attempt(
            mode: compressed == nil ? .columns : .compressedColumns,
            count: count,
            length: header(.columns, first, count).length + candidate.count
        )
    }

    /// Appends the body as it was compressed, or as it is.
    private mutating func appendBody(_ compressed: Int?) {
        if let compressed {
            zstd.appendResult(compressed, to: &candidate)
        } else {
            candidate.append(contentsOf: body)
        }
    }
}
