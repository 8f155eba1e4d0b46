// SPDX-License-Identifier: Apache-2.0

import Events

/// What the file beside the database says: enough to know what was lost when the database is (decision 13).
/// ```
/// header, 512 bytes
/// +----------+---------+-------+----------+-------+---------+---------+-------------+------+-----+----------+
/// | SLUICECF | version | clean | store id | epoch | ordinal | boot id | node length | node | 0.. | checksum |
/// |    8     |    4    |   4   |    8     |   8   |    8    |   16    |      2      |      |     | at 504   |
/// +----------+---------+-------+----------+-------+---------+---------+-------------+------+-----+----------+
/// one entry per lane, 64 bytes
/// +-------+---------+-----------+---------+------+--------------+-----+----------+
/// | epoch | ordinal | partition | ceiling | last | acknowledged | 0.. | checksum |
/// |   8   |    8    |     4     |    8    |  8   |      8       |     | at 56    |
/// +-------+---------+-----------+---------+------+--------------+-----+----------+
/// ```
/// Integers are big-endian, checksums XXH64. Ceilings are synced before a number under them is used; `last` and
/// `acknowledged` are written after each commit and not synced, so they hold as long as the machine stays up.
struct CeilingContents: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var lane: Lane
        var ordinal: UInt64
        var ceiling: UInt64
        var last: UInt64
        /// All up to this needs no reporting when it is lost.
        var acknowledged: UInt64
    }

    static let headerLength = 512
    static let entryLength = 64
    /// A node name longer than this is not kept.
    static let maximumNode = 400
    private static let magic = Array("SLUICECF".utf8)

    var clean = false
    var storeID: UInt64
    var epoch: Epoch
    /// Names this run of the kernel: 16 bytes.
    ///
    /// A different one now means that unsynced bytes may have been lost.
    var boot: [UInt8]
    var node: String
    var entries: [Entry] = []

    init(storeID: UInt64, epoch: Epoch, boot: [UInt8], node: String) {
        self.storeID = storeID
        self.epoch = epoch
        self.boot = boot
        self.node = node
    }

    /// The header's bytes.
    func encodedHeader() -> [UInt8] {
        var out = Self.magic
        Self.put(UInt32(1), to: &out)
        Self.put(UInt32(clean ? 1 : 0), to: &out)
        for value in [storeID, epoch.id, epoch.ordinal] { Self.put(value, to: &out) }
        out += (boot + Array(repeating: 0, count: 16)).prefix(16)
        let name = node.utf8.count <= Self.maximumNode ? Array(node.utf8) : []
        Self.put(UInt16(name.count), to: &out)
        out += name
        return Self.sealed(out, length: Self.headerLength)
    }

    /// One entry's bytes.
    static func encoded(_ entry: Entry) -> [UInt8] {
        var out: [UInt8] = []
        put(entry.lane.epoch, to: &out)
        put(entry.ordinal, to: &out)
        put(entry.lane.partition.number, to: &out)
        for value in [entry.ceiling, entry.last, entry.acknowledged] { put(value, to: &out) }
        return sealed(out, length: entryLength)
    }

    /// Nil when the header is damaged; damaged entries are left out.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count >= Self.headerLength, Self.isIntact(bytes[..<Self.headerLength]),
            bytes.starts(with: Self.magic), Self.integer(bytes, 8, 4) == 1
        else { return nil }
        clean = Self.integer(bytes, 12, 4) == 1
        storeID = Self.integer(bytes, 16, 8)
        epoch = Epoch(id: Self.integer(bytes, 24, 8), ordinal: Self.integer(bytes, 32, 8))
        boot = Array(bytes[40..<56])
        let length = Int(Self.integer(bytes, 56, 2))
        guard length <= Self.maximumNode else { return nil }
        node = String(decoding: bytes[58..<58 + length], as: UTF8.self)
        var position = Self.headerLength
        while position + Self.entryLength <= bytes.count {
            if let entry = Self.entry(bytes[position..<position + Self.entryLength]) { entries.append(entry) }
            position += Self.entryLength
        }
    }

    private static func entry(_ slice: ArraySlice<UInt8>) -> Entry? {
        guard isIntact(slice) else { return nil }
        let bytes = Array(slice)
        return Entry(
            lane: Lane(
                epoch: integer(bytes, 0, 8),
                partition: Partition(number: UInt32(integer(bytes, 16, 4)))
            ),
            ordinal: integer(bytes, 8, 8),
            ceiling: integer(bytes, 20, 8),
            last: integer(bytes, 28, 8),
            acknowledged: integer(bytes, 36, 8)
        )
    }

    private static func put(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { out.append(contentsOf: $0) }
    }

    private static func sealed(_ bytes: [UInt8], length: Int) -> [UInt8] {
        var out = bytes + Array(repeating: 0, count: length - 8 - bytes.count)
        put(XXHash64.hash(out.span.bytes), to: &out)
        return out
    }

    private static func isIntact(_ bytes: ArraySlice<UInt8>) -> Bool {
        let body = Array(bytes.dropLast(8))
        return XXHash64.hash(body.span.bytes) == integer(Array(bytes.suffix(8)), 0, 8)
    }

    private static func integer(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
        bytes[offset..<offset + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
