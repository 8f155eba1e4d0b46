// SPDX-License-Identifier: Apache-2.0

/// Reads a database and its WAL page by page and frame by frame, without SQLite, and hands over each row it finds.
///
/// Nothing is believed: a page may be torn, zeroed or in another's place, a frame may be one that SQLite does not take
/// any more, such as one of the WAL's earlier life. Rows may come several times. Memory is one page, one row and the
/// places of the WAL's frames, whatever the file's size.
final class SalvageScan {
    /// Where a page was read.
    private enum Origin {
        case database(page: Int)
        case frame(Int)
    }

    /// Which copy of an overflow page to try: there may be several, and only the row's checksum tells the right one.
    private enum Preference: CaseIterable {
        /// The frame nearest to the one that holds the cell: one transaction's frames lie together.
        case nearest
        case newest
        case database
    }

    private let tables: LeafCell.Tables
    private let database: RawFile?
    private let frames: WALFrames?
    private let places: [UInt32: [Int]]
    private let geometry: PageGeometry
    private let page: RowBuffer
    private let overflow: RowBuffer
    private let payload = RowBuffer()

    /// - Parameter tables: whose rows are looked for.
    init(database: RawFile?, wal: RawFile?, of tables: LeafCell.Tables = .store) {
        self.tables = tables
        var geometry = PageGeometry.ours
        if let database {
            geometry = PageGeometry(header: database.bytes(at: 0, count: 100), fileSize: database.size)
        }
        let frames = wal.map { WALFrames($0, geometry: geometry) }
        // A WAL of pages of another size is not this database's; both are read by the database's measure then.
        self.frames = frames.flatMap { $0.geometry == geometry || database == nil ? $0 : nil }
        self.geometry = database == nil ? frames?.geometry ?? geometry : geometry
        self.database = database
        places = self.frames?.places() ?? [:]
        page = RowBuffer()
        overflow = RowBuffer()
        page.reserve(self.geometry.pageSize)
        overflow.reserve(self.geometry.pageSize)
    }

    /// Pages in the database, the last one perhaps cut off.
    private var pageCount: Int { database.map { ($0.size + geometry.pageSize - 1) / geometry.pageSize } ?? 0 }

    /// Hands over every row of the database file.
    ///
    /// - Parameter take: whether the row is what it seems to be.
    func readDatabase(_ take: (SalvageRecord) throws -> Bool) rethrows {
        guard let database else { return }
        for number in 1..<pageCount + 1 {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: page.bytes[..<geometry.pageSize])
            guard database.read(into: bytes, at: (number - 1) * geometry.pageSize) > 0 else { continue }
            try read(UnsafeRawBufferPointer(bytes), of: .database(page: number), number: number, take)
        }
    }

    /// Hands over every row of the WAL from a frame on.
    func readWAL(from first: Int = 0, _ take: (SalvageRecord) throws -> Bool) rethrows {
        guard let frames, first < frames.count else { return }
        for frame in first..<frames.count {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: page.bytes[..<geometry.pageSize])
            frames.file.read(into: bytes, at: frames.offset(of: frame))
            let number = Int(frames.page(of: frame))
            try read(UnsafeRawBufferPointer(bytes), of: .frame(frame), number: number, take)
        }
    }

    // MARK: One page

    private func read(
        _ page: UnsafeRawBufferPointer,
        of origin: Origin,
        number: Int,
        _ take: (SalvageRecord) throws -> Bool
    ) rethrows {
        let header = number == 1 ? 100 : 0
        if page[header] == 0x0d {
            if try readCells(page, header: header, of: origin, take) { return }
        } else if isOther(page, header: header, number: number) {
            return
        }
        try carve(page, of: origin, take)
    }

    /// Reads the cells that a leaf page's own header points to; false unless each of them was a row.
    private func readCells(
        _ page: UnsafeRawBufferPointer,
        header: Int,
        of origin: Origin,
        _ take: (SalvageRecord) throws -> Bool
    ) rethrows -> Bool {
        let count = Int(page[header + 3]) << 8 | Int(page[header + 4])
        guard header + 8 + 2 * count <= page.count else { return false }
        var isWhole = true
        var offsets: Set<Int> = []
        var bytes = 0
        for index in 0..<count {
            let pointer = header + 8 + 2 * index
            let offset = Int(page[pointer]) << 8 | Int(page[pointer + 1])
            guard let cell = LeafCell(page, at: offset, geometry, of: tables), try hand(cell, page, origin, take) else {
                isWhole = false
                continue
            }
            offsets.insert(offset)
            bytes += cell.end - offset
        }
        return isWhole && offsets.count == count && isAccounted(page, header: header, cells: bytes)
    }

    /// Whether cells and free blocks fill the part of a page that its header gives them (section 1.6): else the directory
    /// has lost a cell, or says one twice.
    private func isAccounted(_ page: UnsafeRawBufferPointer, header: Int, cells: Int) -> Bool {
        func number(_ offset: Int) -> Int { Int(page[offset]) << 8 | Int(page[offset + 1]) }
        var total = cells + Int(page[header + 7])
        var block = number(header + 1)
        while block > 0, block + 4 <= page.count, total <= page.count {
            total += max(4, number(block + 2))
            block = number(block)
        }
        let start = number(header + 5)
        return (start == 0 ? 65_536 : start) + total == page.count
    }

    /// Whether a page that does not say that it is a leaf is one that rows must not be looked for in.
    ///
    /// An overflow page begins with the number of the next one, so with a zero in any file of ours. What devices sent
    /// lies in it, and must not pass for rows: only where the pointer map says otherwise was a leaf's head zeroed.
    private func isOther(_ page: UnsafeRawBufferPointer, header: Int, number: Int) -> Bool {
        page[header] == 0 && (!isTreePage(number) || page.allSatisfy { $0 == 0 })
    }

    /// Whether the pointer map has the page for one of a tree: a root or below one (section 1.8).
    private func isTreePage(_ number: Int) -> Bool {
        guard let offset = geometry.pointerMapOffset(of: number), let database else { return false }
        return [1, 5].contains(database.bytes(at: offset, count: 1).first)
    }

    /// Tries every offset of a page whose own directory is of no use.
    private func carve(
        _ page: UnsafeRawBufferPointer,
        of origin: Origin,
        _ take: (SalvageRecord) throws -> Bool
    ) rethrows {
        var offset = 0
        while offset < page.count {
            if let cell = LeafCell(page, at: offset, geometry, of: tables), try hand(cell, page, origin, take) {
                offset = cell.end
            } else {
                offset += 1
            }
        }
    }

    // MARK: One row

    private func hand(
        _ cell: LeafCell,
        _ page: UnsafeRawBufferPointer,
        _ origin: Origin,
        _ take: (SalvageRecord) throws -> Bool
    ) rethrows -> Bool {
        guard cell.overflow != 0 else {
            let whole = UnsafeRawBufferPointer(rebasing: page[cell.local])
            return try take(SalvageRecord(cell, payload: whole))
        }
        guard cell.payloadLength <= (database?.size ?? 0) + (frames?.file.size ?? 0) else { return false }
        for preference in Preference.allCases where assemble(cell, page, origin, preference) {
            let whole = UnsafeRawBufferPointer(rebasing: payload.bytes[..<cell.payloadLength])
            if try take(SalvageRecord(cell, payload: whole)) { return true }
        }
        return false
    }

    /// Puts a payload together from its pages; false when a page of it is not there.
    private func assemble(
        _ cell: LeafCell,
        _ page: UnsafeRawBufferPointer,
        _ origin: Origin,
        _ preference: Preference
    ) -> Bool {
        payload.reserve(cell.payloadLength)
        UnsafeMutableRawBufferPointer(rebasing: payload.bytes[..<cell.local.count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: page[cell.local]))
        var filled = cell.local.count
        var next = cell.overflow
        while filled < cell.payloadLength {
            guard next > 1, load(next, origin, preference) else { return false }
            let count = min(geometry.pageSize - 4, cell.payloadLength - filled)
            UnsafeMutableRawBufferPointer(rebasing: payload.bytes[filled..<filled + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: overflow.bytes[4..<4 + count]))
            filled += count
            next = UInt32(bigEndian: overflow.bytes.loadUnaligned(as: UInt32.self))
        }
        return true
    }

    private func load(_ number: UInt32, _ origin: Origin, _ preference: Preference) -> Bool {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: overflow.bytes[..<geometry.pageSize])
        if let frames, let frame = frame(of: number, origin, preference) {
            return frames.file.read(into: bytes, at: frames.offset(of: frame)) == geometry.pageSize
        }
        guard let database, Int(number) <= pageCount else { return false }
        return database.read(into: bytes, at: (Int(number) - 1) * geometry.pageSize) > 0
    }

    private func frame(of number: UInt32, _ origin: Origin, _ preference: Preference) -> Int? {
        guard let places = places[number] else { return nil }
        switch (preference, origin) {
        case (.database, _): return nil
        case (.nearest, .frame(let cell)): return places.min { abs($0 - cell) < abs($1 - cell) }
        case (.nearest, .database), (.newest, _): return places.last
        }
    }
}
