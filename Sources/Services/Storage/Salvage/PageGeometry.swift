// SPDX-License-Identifier: Apache-2.0

/// How a database is divided into pages (https://sqlite.org/fileformat2.html).
struct PageGeometry: Equatable {
    /// What every store of ours has.
    static let ours = PageGeometry(pageSize: Int(StoreLimits.pageSize))

    let pageSize: Int

    init(pageSize: Int) {
        self.pageSize = pageSize
    }

    /// Reads the first 100 bytes of a database.
    ///
    /// Another size than ours is believed only where the whole header makes sense and agrees with the file's length.
    init(header: [UInt8], fileSize: Int) {
        pageSize = Self.pageSize(header, fileSize) ?? Self.ours.pageSize
    }

    private static func pageSize(_ header: [UInt8], _ fileSize: Int) -> Int? {
        guard header.count >= 100, header.starts(with: Array("SQLite format 3\0".utf8)), header[20] == 0 else {
            return nil
        }
        let field = Int(header[16]) << 8 | Int(header[17])
        let size = field == 1 ? 65_536 : field
        let pages = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
        return isPossible(size) && pages * size == fileSize ? size : nil
    }

    static func isPossible(_ size: Int) -> Bool {
        (512...65_536).contains(size) && size & (size - 1) == 0
    }

    /// Bytes of a payload that lie in the leaf page itself (section 1.6).
    func local(of payloadLength: Int) -> Int {
        guard payloadLength > pageSize - 35 else { return payloadLength }
        let least = (pageSize - 12) * 32 / 255 - 23
        let wanted = least + (payloadLength - least) % (pageSize - 4)
        return wanted <= pageSize - 35 ? wanted : least
    }

    /// Where the pointer map says what `page` is (section 1.8); nil for page 1 and for the map itself.
    func pointerMapOffset(of page: Int) -> Int? {
        guard page > 2 else { return nil }
        let group = pageSize / 5 + 1
        let map = 2 + (page - 2) / group * group
        return page == map ? nil : (map - 1) * pageSize + (page - map - 1) * 5
    }
}
