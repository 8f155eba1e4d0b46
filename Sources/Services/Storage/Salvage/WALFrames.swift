// SPDX-License-Identifier: Apache-2.0

/// The frames of a write-ahead log, whether SQLite would take them or not
/// (https://sqlite.org/fileformat2.html section 4.1).
struct WALFrames {
    static let headerLength = 32
    static let frameHeaderLength = 24
    /// Frames whose place is remembered; a store's own WAL has a tenth of it.
    private static let maximumRemembered = 1 << 16

    let file: RawFile
    let geometry: PageGeometry
    private let header: [UInt8]

    init(_ file: RawFile, geometry: PageGeometry) {
        self.file = file
        header = file.bytes(at: 0, count: Self.headerLength)
        let size = header.count == Self.headerLength ? Self.word(header, 8) : 0
        let isSane = Self.isIntact(header) && PageGeometry.isPossible(Int(size))
        self.geometry = isSane ? PageGeometry(pageSize: Int(size)) : geometry
    }

    /// Frames in the file, the last one perhaps cut off.
    var count: Int {
        let length = Self.frameHeaderLength + geometry.pageSize
        return max(0, file.size - Self.headerLength + length - 1) / length
    }

    /// Where a frame's page begins.
    func offset(of frame: Int) -> Int {
        Self.headerLength + frame * (Self.frameHeaderLength + geometry.pageSize) + Self.frameHeaderLength
    }

    /// The page that a frame says it holds.
    func page(of frame: Int) -> UInt32 {
        Self.word(frameHeader(frame), 0)
    }

    /// By page, the frames that hold it, ascending.
    func places() -> [UInt32: [Int]] {
        var places: [UInt32: [Int]] = [:]
        for frame in 0..<min(count, Self.maximumRemembered) { places[page(of: frame), default: []].append(frame) }
        return places
    }

    /// The first of those frames that SQLite does not take although they are of the WAL's present life; nil when there
    /// are none, as when the log was cut off in the middle of its last transaction.
    ///
    /// SQLite reads to the first frame whose checksum is wrong, as checksums build on each other, and forgets the rest.
    func firstHidden() -> Int? {
        guard count > 0 else { return nil }
        let hasHeader = Self.isIntact(header)
        let salts = hasHeader ? Array(header[16..<24]) : Array(frameHeader(0)[8..<16])
        guard hasHeader else { return 0 }
        let broken = firstBroken(salts)
        guard let broken else { return nil }
        let hidden = (broken..<count).contains { frame in
            // The broken one counts by itself where only its page was changed: its salts still say that it was written.
            Array(frameHeader(frame)[8..<16]) == salts
        }
        return hidden ? broken : nil
    }

    /// The first frame that does not continue the checksums.
    private func firstBroken(_ salts: [UInt8]) -> Int? {
        var sum = Checksum(isBigEndian: header[3] & 1 == 1)
        sum.add(header[..<24])
        var page = [UInt8](repeating: 0, count: geometry.pageSize)
        for frame in 0..<count {
            let head = frameHeader(frame)
            _ = page.withUnsafeMutableBytes { file.read(into: $0, at: offset(of: frame)) }
            sum.add(head[..<8])
            sum.add(page[...])
            guard Array(head[8..<16]) == salts, sum.first == Self.word(head, 16), sum.second == Self.word(head, 20)
            else { return frame }
        }
        return nil
    }

    private func frameHeader(_ frame: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.frameHeaderLength)
        _ = bytes.withUnsafeMutableBytes { file.read(into: $0, at: offset(of: frame) - Self.frameHeaderLength) }
        return bytes
    }

    private static func isIntact(_ header: [UInt8]) -> Bool {
        guard header.count == headerLength, [0x377f_0682, 0x377f_0683].contains(word(header, 0)) else { return false }
        var sum = Checksum(isBigEndian: header[3] & 1 == 1)
        sum.add(header[..<24])
        return sum.first == word(header, 24) && sum.second == word(header, 28)
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The checksum of section 4.2.
    private struct Checksum {
        let isBigEndian: Bool
        private(set) var first: UInt32 = 0
        private(set) var second: UInt32 = 0

        init(isBigEndian: Bool) {
            self.isBigEndian = isBigEndian
        }

        /// Adds bytes, a multiple of eight.
        mutating func add(_ bytes: ArraySlice<UInt8>) {
            bytes.withUnsafeBytes { buffer in
                for offset in stride(from: 0, to: buffer.count, by: 8) {
                    first &+= word(buffer, offset) &+ second
                    second &+= word(buffer, offset + 4) &+ first
                }
            }
        }

        private func word(_ buffer: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
            let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
        }
    }
}
