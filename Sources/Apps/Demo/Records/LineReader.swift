// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads a file line by line through one buffer that grows to the longest line.
package enum LineReader {
    /// A file could not be read.
    package struct Failure: Error, CustomStringConvertible {
        package var path: String
        package var code: Int32

        package var description: String { "cannot read \(path): \(String(cString: strerror(code)))" }
    }

    /// Calls `body` with each line, without its newline; empty lines are left out.
    ///
    /// A ``MalformedLine`` that `body` throws comes out as ``BadLine``, which says where it was.
    package static func forEachLine(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path: path, code: errno) }
        defer { close(file) }
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 8)
        defer { buffer.deallocate() }
        var filled = 0
        var number = 0
        func take(_ line: UnsafeRawBufferPointer) throws {
            number += 1
            guard !line.isEmpty else { return }
            do {
                try body(line)
            } catch let fault as MalformedLine {
                throw BadLine(path: path, line: number, position: fault.position)
            }
        }
        while true {
            if filled == buffer.count { grow(&buffer) }
            let count = read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            guard count >= 0 else { throw Failure(path: path, code: errno) }
            guard count > 0 else { break }
            filled += count
            let rest = try splitLines(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), take)
            buffer.baseAddress.map { _ = memmove($0, $0 + (filled - rest), rest) }
            filled = rest
        }
        try take(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
    }

    /// - Returns: how many bytes follow the last newline.
    private static func splitLines(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var start = 0
        while let newline = memchr(base + start, 10, bytes.count - start) {
            let end = UnsafeRawPointer(newline) - base
            try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end + 1
        }
        return bytes.count - start
    }

    private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
    }
}
