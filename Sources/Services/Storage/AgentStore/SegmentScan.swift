// SPDX-License-Identifier: Apache-2.0

import Events

/// Reads consecutive rows of one segment and checks each of them.
struct SegmentScan {
    /// Why it stopped.
    enum End: Equatable {
        /// All that was asked for of this segment was read.
        case complete
        /// The block is as large as it may be.
        case full
        /// The row of this sequence is missing or not what was written.
        case damaged(UInt64)
    }

    let lane: Lane
    let segment: SegmentRecord
    /// Reads no further than this sequence.
    let last: UInt64
    let maximumBytes: Int

    /// Adds the events from `first` on to `block`; the first one whatever its size.
    func run(_ rows: SQLiteStatement, from first: UInt64, into block: inout EventBlock) throws(SQLiteError) -> End {
        defer { rows.reset() }
        rows.bind(first, at: 1)
        var expected = first
        while expected <= last {
            guard try rows.step(), rows.unsigned(0) == expected else { return .damaged(expected) }
            switch rows.withBlob(1, { add($0, sequence: expected, to: &block) }) {
            case .complete: expected += 1
            case let end: return end
            }
        }
        return .complete
    }

    /// How one row is.
    enum Condition {
        case intact
        /// It lies where it should and is not what was written.
        case damaged
        /// SQLite does not find it.
        case missing
    }

    /// Looks at one row.
    func condition(_ sequence: UInt64, _ connection: SQLiteConnection) -> Condition {
        guard let rows = try? connection.prepare("SELECT body FROM \(segment.table) WHERE seq = ?1") else {
            return .missing
        }
        rows.bind(sequence, at: 1)
        guard (try? rows.step()) == true else { return .missing }
        return rows.withBlob(0) { RowFormat.decode($0, sequence: sequence)?.lane == lane } ? .intact : .damaged
    }

    private func add(_ body: UnsafeRawBufferPointer, sequence: UInt64, to block: inout EventBlock) -> End {
        guard let row = RowFormat.decode(body, sequence: sequence), row.lane == lane else { return .damaged(sequence) }
        guard block.isEmpty || block.byteCount + row.all.count <= maximumBytes else { return .full }
        block.append(
            sequence: sequence,
            timestamp: row.timestamp,
            eventClass: lane.partition.eventClass,
            topicLength: row.topicLength,
            attributesLength: row.attributesLength,
            all: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: body[row.all]))
        )
        return .complete
    }
}
