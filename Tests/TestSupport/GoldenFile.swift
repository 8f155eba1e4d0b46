// SPDX-License-Identifier: Apache-2.0

import CZstd
import Glibc

/// Files that programs of older versions have written, in `Tests/Golden`.
package enum GoldenFile {
    /// The file is not there, or not what it was.
    package struct Unreadable: Error {
        package var name: String
    }

    /// The bytes of a file; one whose name ends in `.zst` is unpacked.
    package static func bytes(_ name: String) throws -> [UInt8] {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        guard let file = fopen("/\(tests)/Golden/\(name)", "r") else { throw Unreadable(name: name) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeSubrange(fread(&bytes, 1, bytes.count, file)...)
        guard name.hasSuffix(".zst") else { return bytes }
        var unpacked = [UInt8](repeating: 0, count: 1 << 20)
        let count = ZSTD_decompress(&unpacked, unpacked.count, bytes, bytes.count)
        guard ZSTD_isError(count) == 0 else { throw Unreadable(name: name) }
        return Array(unpacked[..<count])
    }

    /// The lines of a text.
    package static func lines(_ name: String) throws -> [String] {
        String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
