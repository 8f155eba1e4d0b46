// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Rows in zstd frames at level 19, with or without a dictionary: what Sluice's own form is held against.
///
/// As little as zstd can need: no checksum, no dictionary identifier, no magic number (which is the same in all frames),
/// and rows as they are where a frame is not shorter.
struct ZstdRows: ~Copyable {
    static let level: Int32 = 19
    private static let magicBytes = 4

    private let compressor = ZSTD_createCCtx()
    private let decompressor = ZSTD_createDCtx()
    private var frame: [UInt8] = []
    private var opened: [UInt8] = []

    init(dictionary: [UInt8]) throws(BenchFault) {
        try Self.check(ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, Self.level))
        try Self.check(ZSTD_CCtx_setParameter(compressor, ZSTD_c_dictIDFlag, 0))
        guard !dictionary.isEmpty else { return }
        try Self.check(dictionary.withUnsafeBytes { ZSTD_CCtx_loadDictionary(compressor, $0.baseAddress, $0.count) })
        try Self.check(dictionary.withUnsafeBytes { ZSTD_DCtx_loadDictionary(decompressor, $0.baseAddress, $0.count) })
    }

    deinit {
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(decompressor)
    }

    /// Bytes that the rows need.
    mutating func length(of place: Range<Int>, in rows: [UInt8]) throws(BenchFault) -> Int {
        min(place.count, try compress(place, in: rows) - Self.magicBytes)
    }

    /// Compresses and opens rows; returns the first byte that is not what it was, or nil when all are.
    mutating func firstDifference(in place: Range<Int>, of rows: [UInt8]) throws(BenchFault) -> Int? {
        let length = try compress(place, in: rows)
        if opened.count < place.count { opened = [UInt8](repeating: 0, count: place.count) }
        let openedLength = try Self.check(
            opened.withUnsafeMutableBytes { target in
                frame.withUnsafeBytes {
                    ZSTD_decompressDCtx(decompressor, target.baseAddress, target.count, $0.baseAddress, length)
                }
            }
        )
        let difference = zip(opened, rows[place]).enumerated().first { $0.element.0 != $0.element.1 }
        if let difference { return place.lowerBound + difference.offset }
        return openedLength == place.count ? nil : place.lowerBound + min(openedLength, place.count - 1)
    }

    private mutating func compress(_ place: Range<Int>, in rows: [UInt8]) throws(BenchFault) -> Int {
        let bound = ZSTD_compressBound(place.count)
        if frame.count < bound { frame = [UInt8](repeating: 0, count: bound) }
        return try Self.check(
            frame.withUnsafeMutableBytes { target in
                rows.withUnsafeBytes { all in
                    let source = UnsafeRawBufferPointer(rebasing: all[place])
                    return ZSTD_compress2(
                        compressor,
                        target.baseAddress,
                        target.count,
                        source.baseAddress,
                        source.count
                    )
                }
            }
        )
    }

    @discardableResult
    private static func check(_ result: Int) throws(BenchFault) -> Int {
        guard ZSTD_isError(result) == 0 else { throw .zstd(String(cString: ZSTD_getErrorName(result))) }
        return result
    }
}
