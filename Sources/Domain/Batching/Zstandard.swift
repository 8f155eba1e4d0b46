// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Zstandard frames (RFC 8878) without their constant magic number, contexts kept from call to call.
enum Zstandard {
    /// Four bytes that every frame starts with, little-endian (RFC 8878 section 3.1.1).
    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    struct Compressor: ~Copyable {
        /// On recordings of devices 7 saves 2 to 9 % over 3, and more saves hardly any; its context stays below 150 KB.
        private static let level: Int32 = 7
        private let context = ZSTD_createCCtx()
        /// The digested dictionary; nil where there is none.
        private let dictionary: OpaquePointer?
        private var scratch: [UInt8] = []

        init(dictionary: [UInt8]) {
            self.dictionary =
                dictionary.isEmpty
                ? nil : dictionary.withUnsafeBytes { ZSTD_createCDict($0.baseAddress, $0.count, Self.level) }
        }

        deinit {
            ZSTD_freeCCtx(context)
            ZSTD_freeCDict(dictionary)
        }

        /// Compresses `source` and returns the frame's length without magic, or nil where it would not be shorter.
        mutating func compress(_ source: [UInt8]) -> Int? {
            let bound = ZSTD_compressBound(source.count)
            if scratch.count < bound { scratch = [UInt8](repeating: 0, count: bound) }
            let length = scratch.withUnsafeMutableBytes { target in
                source.withUnsafeBytes {
                    dictionary == nil
                        ? ZSTD_compressCCtx(
                            context,
                            target.baseAddress,
                            target.count,
                            $0.baseAddress,
                            $0.count,
                            Self.level
                        )
                        : ZSTD_compress_usingCDict(
                            context,
                            target.baseAddress,
                            target.count,
                            $0.baseAddress,
                            $0.count,
                            dictionary
                        )
                }
            }
            guard ZSTD_isError(length) == 0, length >= magic.count else { return nil }
            return length - magic.count < source.count ? length - magic.count : nil
        }

        /// Appends what the last ``compress(_:)`` made.
        func appendResult(_ length: Int, to output: inout [UInt8]) {
            output.append(contentsOf: scratch[magic.count..<magic.count + length])
        }
    }

    struct Decompressor: ~Copyable {
        private let context = ZSTD_createDCtx()
        private var scratch: [UInt8] = []

        deinit { ZSTD_freeDCtx(context) }

        /// Opens one frame without magic into `body`; a frame that does not say its size is refused.
        mutating func decompress(
            _ frame: UnsafeBufferPointer<UInt8>,
            dictionary: [UInt8],
            maximumBytes: Int,
            into body: inout [UInt8]
        ) throws(BatchFault) {
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: magic)
            scratch.append(contentsOf: frame)
            let size = scratch.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
            // Unknown and error are the two largest numbers.
            guard size < .max - 1 else { throw .malformed("no zstd frame") }
            guard size <= UInt64(maximumBytes) else { throw .tooLarge("batch body") }
            body.removeAll(keepingCapacity: true)
            body.append(contentsOf: repeatElement(0, count: Int(size)))
            let length = body.withUnsafeMutableBytes { target in
                scratch.withUnsafeBytes { frame in
                    dictionary.withUnsafeBytes {
                        ZSTD_decompress_usingDict(
                            context,
                            target.baseAddress,
                            target.count,
                            frame.baseAddress,
                            frame.count,
                            $0.baseAddress,
                            $0.count
                        )
                    }
                }
            }
            guard ZSTD_isError(length) == 0, length == body.count else { throw .malformed("damaged zstd frame") }
        }
    }
}
