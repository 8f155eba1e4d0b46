// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc

/// A row as it lies in the files, found by its bytes alone.
struct TortureCell: Sendable {
    enum Content: Sendable {
        /// A row of its own, or a batch with the primer that it builds on.
        case events(Lane, ClosedRange<UInt64>, primer: PrimerIdentifier?)
        case primer(PrimerIdentifier)
    }

    let content: Content
    let bytes: [UInt8]
    /// Where it lies in the database, and in frames of the WAL's present life.
    let places: [(isWAL: Bool, offset: Int)]

    /// Finds each of the cells; one that lies nowhere is left out.
    static func find(_ wanted: [(content: Content, bytes: [UInt8])], in directory: StateDirectory) -> [TortureCell] {
        let database = StateDirectory.read(directory.path + "/store.db")
        let wal = StateDirectory.read(directory.path + "/store.db-wal")
        let bytes = wanted.map(\.bytes)
        let (inDatabase, inWAL) = (positions(of: bytes, in: database), positions(of: bytes, in: wal))
        return wanted.indices.compactMap { index in
            let places =
                inDatabase[index].filter { isListed($0, page: $0 / 4096 * 4096, database) }.map {
                    (isWAL: false, offset: $0)
                }
                // Frames of the WAL's earlier life do not count: SQLite was free to overwrite them at any time.
                + inWAL[index].filter { isLiving($0, wal) }.map { (isWAL: true, offset: $0) }
            guard !places.isEmpty else { return nil }
            return TortureCell(content: wanted[index].content, bytes: bytes[index], places: places)
        }
    }

    /// Whether it is whole in damaged files: in its place, or in the same place of another page.
    ///
    /// - Parameter pages: where pages may have been moved to; a free one may be used again before any damage is met.
    func isIntact(database: [UInt8], wal: [UInt8], pages: Set<Int>) -> Bool {
        places.contains { place in
            if Self.equal(place.isWAL ? wal : database, place.offset, bytes) { return true }
            return !place.isWAL && pages.contains { Self.equal(database, $0 + place.offset % 4096, bytes) }
        }
    }

    /// Whether the page's own directory has it.
    ///
    /// Old rows lie elsewhere, too, where a page was used again or is a page of the list of free ones. Nothing is looked
    /// for there, as long rows leave their rests in the same places, and devices decide what those say.
    private static func isListed(_ offset: Int, page: Int, _ file: [UInt8]) -> Bool {
        let header = page == 0 ? 100 : page
        guard file[header] == 0x0d else { return false }
        let count = Int(file[header + 3]) << 8 | Int(file[header + 4])
        return (0..<count).contains { index in
            let pointer = header + 8 + 2 * index
            return pointer + 1 < file.count && Int(file[pointer]) << 8 | Int(file[pointer + 1]) == offset - page
        }
    }

    private static func isLiving(_ offset: Int, _ wal: [UInt8]) -> Bool {
        let frame = (offset - 32) / 4120 * 4120 + 32
        return wal[frame + 8..<frame + 16].elementsEqual(wal[16..<24])
            && isListed(offset, page: frame + 24, wal)
    }

    private static func equal(_ file: [UInt8], _ offset: Int, _ bytes: [UInt8]) -> Bool {
        guard offset + bytes.count <= file.count else { return false }
        return file.withUnsafeBytes { file in
            bytes.withUnsafeBytes { bytes in
                guard let start = file.baseAddress, let other = bytes.baseAddress else { return false }
                return memcmp(start + offset, other, bytes.count) == 0
            }
        }
    }

    /// For each of the cells, where it lies in `file`; looked for by its last eight bytes, which hardly any two share.
    private static func positions(of cells: [[UInt8]], in file: [UInt8]) -> [[Int]] {
        var found = [[Int]](repeating: [], count: cells.count)
        var byEnd: [UInt64: [Int]] = [:]
        var isEnd = [Bool](repeating: false, count: 1 << 16)
        for (index, cell) in cells.enumerated() {
            let end = cell.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: cell.count - 8, as: UInt64.self) }
            byEnd[end, default: []].append(index)
            isEnd[Int(end & 0xffff)] = true
        }
        file.withUnsafeBytes { bytes in
            isEnd.withUnsafeBufferPointer { isEnd in
                var offset = 0
                while offset + 8 <= bytes.count {
                    let end = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    if isEnd[Int(end & 0xffff)], let candidates = byEnd[end] {
                        for index in candidates where offset + 8 >= cells[index].count {
                            let start = offset + 8 - cells[index].count
                            if equal(file, start, cells[index]) { found[index].append(start) }
                        }
                    }
                    offset += 1
                }
            }
        }
        return found
    }
}
