// SPDX-License-Identifier: Apache-2.0

/// One cell of a table's leaf page (https://sqlite.org/fileformat2.html section 1.6) that has the shape of a row of ours.
/// ```
/// +----------------+--------+-------------+-------------------------+---------+---------------------+
/// | payload length | rowid  | header size | column types, the first | columns | first overflow page |
/// |     varint     | varint |   varint    |  is 0: it is the rowid  |         |  4, where too long  |
/// +----------------+--------+-------------+-------------------------+---------+---------------------+
///                           |<----------------- payload ---------------------->|
/// ```
/// The lengths of payload, header and columns must agree, so hardly anything else passes for one.
struct LeafCell {
    /// Whose tables are looked for: a shape of the other's must not hide a row.
    enum Tables {
        case store
        case hubLog
    }

    /// Which of our tables it can be of.
    enum Shape {
        /// A blob by number: a segment's row, or what else keeps events.
        case blob
        /// meta: an integer and a text.
        case meta
        /// primers: an integer and a blob.
        case primer
        /// epochs: an integer and two texts.
        case epoch
        /// The hub's log: three integers, a blob, a blob or NULL, and one or two integers.
        case hubRow
        /// The hub's identities: a text and three integers.
        case hubIdentity
        /// The hub's primers: two integers, a blob and an integer.
        case hubPrimer
        /// The hub's lanes: eleven integers.
        case hubLane
        /// The hub's gaps: seven integers.
        case hubGap
    }

    /// A payload longer than this is not ours: what MQTT can carry, and our head.
    static let maximumPayload = (256 << 20) + (1 << 20)

    let shape: Shape
    let rowid: UInt64
    let payloadLength: Int
    /// The part of the payload that lies in the page.
    let local: Range<Int>
    /// Where the rest begins; 0 where there is none.
    let overflow: UInt32
    /// Where columns begin and end within the payload, the one that is the rowid left out.
    let columns: [(type: UInt64, range: Range<Int>)]

    /// Where the cell ends in the page.
    var end: Int { local.upperBound + (overflow == 0 ? 0 : 4) }

    /// Nil when no such cell begins at `offset`.
    init?(_ page: UnsafeRawBufferPointer, at offset: Int, _ geometry: PageGeometry, of tables: Tables) {
        var position = offset
        guard let length = Self.varint(page, &position), length >= 4, length <= UInt64(Self.maximumPayload),
            let rowid = Self.varint(page, &position),
            // Most offsets end here: no row of ours has a header of other lengths, or another first column.
            position + 1 < page.count, (3...40).contains(page[position]), page[position + 1] == 0
        else { return nil }
        let start = position
        payloadLength = Int(length)
        self.rowid = rowid
        let localLength = geometry.local(of: payloadLength)
        let hasOverflow = localLength < payloadLength
        let headerLength = Int(page[start])
        guard headerLength <= localLength, start + localLength + (hasOverflow ? 4 : 0) <= page.count else { return nil }
        local = start..<start + localLength
        overflow =
            hasOverflow
            ? UInt32(bigEndian: page.loadUnaligned(fromByteOffset: local.upperBound, as: UInt32.self)) : 0
        guard !hasOverflow || overflow > 1,
            let columns = Self.columns(page, header: start + 2..<start + headerLength, headerLength, payloadLength),
            let shape = Self.shape(columns.map(\.type), tables)
        else { return nil }
        self.columns = columns
        self.shape = shape
    }

    /// Reads the column types; nil unless the columns fill the payload.
    private static func columns(
        _ page: UnsafeRawBufferPointer,
        header: Range<Int>,
        _ headerLength: Int,
        _ payloadLength: Int
    ) -> [(type: UInt64, range: Range<Int>)]? {
        var columns: [(type: UInt64, range: Range<Int>)] = []
        var position = header.lowerBound
        var content = headerLength
        while position < header.upperBound {
            guard columns.count < 11, let type = varint(page, &position), position <= header.upperBound,
                let width = width(of: type), content + width <= payloadLength
            else { return nil }
            columns.append((type, content..<content + width))
            content += width
        }
        return content == payloadLength ? columns : nil
    }

    private static func shape(_ types: [UInt64], _ tables: Tables) -> Shape? {
        let kinds = types.map { $0 == 0 ? "n" : $0 < 12 ? "i" : $0 % 2 == 0 ? "b" : "t" }
        switch (tables, kinds.joined()) {
        case (.store, "b"): return .blob
        case (.store, "it"): return .meta
        case (.store, "ib"): return .primer
        case (.store, "itt"): return .epoch
        case (.hubLog, "iiibnii"), (.hubLog, "iiibbii"), (.hubLog, "iiibni"), (.hubLog, "iiibbi"): return .hubRow
        case (.hubLog, "tiii"): return .hubIdentity
        case (.hubLog, "iibi"): return .hubPrimer
        case (.hubLog, "iiiiiiiiiii"): return .hubLane
        case (.hubLog, "iiiiiii"): return .hubGap
        default: return nil
        }
    }

    /// Bytes of a column of that type (section 2.1); nil for what none of our tables holds.
    private static func width(of type: UInt64) -> Int? {
        switch type {
        case 0: 0
        case 1...4: Int(type)
        case 5: 6
        case 6: 8
        case 8, 9: 0
        case 12...(UInt64(maximumPayload) * 2): Int((type - 12) / 2)
        default: nil
        }
    }

    /// A number as SQLite writes it: seven bits per byte, the highest first, all eight of a ninth.
    private static func varint(_ page: UnsafeRawBufferPointer, _ position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard position < page.count else { return nil }
            let byte = page[position]
            position += 1
            if index == 8 { return value << 8 | UInt64(byte) }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// The integer in a column of `payload`.
    static func integer(_ column: (type: UInt64, range: Range<Int>), of payload: UnsafeRawBufferPointer) -> Int64 {
        if column.type == 9 { return 1 }
        guard let first = column.range.first else { return 0 }
        let sign: Int64 = payload[first] < 0x80 ? 0 : -1
        return column.range.reduce(sign) { $0 << 8 | Int64(payload[$1]) }
    }
}
