// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A text file of lines, read whole.
struct AccessFile {
    /// A list of a hundred thousand users; what is larger was taken for another file.
    static let maximumBytes = 16 << 20

    let path: String
    let bytes: [UInt8]
    /// Whether every user of this machine may read it.
    let isOpenToAll: Bool

    init(path: String) throws(AccessFault) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.words(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: Self.words(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is no regular file") }
        guard status.st_size <= Self.maximumBytes else {
            throw .unreadable(path: path, reason: "it has more than \(Self.maximumBytes) bytes")
        }
        isOpenToAll = status.st_mode & S_IROTH != 0
        bytes = try Self.read(descriptor, path)
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(AccessFault) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while all.count <= maximumBytes {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: words(errno))
            }
            if count == 0 { return all }
            all += part[..<count]
        }
        throw .unreadable(path: path, reason: "it grew while it was read")
    }

    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Calls `body` for each line that is neither empty nor a comment, with its number, without the white space around it.
    static func forEachLine(
        of bytes: [UInt8],
        path: String,
        _ body: (Int, Substring) throws(AccessFault) -> Void
    ) throws(AccessFault) {
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard let text = String(validating: line, as: UTF8.self), !text.utf8.contains(0) else {
                throw .malformed(path: path, line: number, text: "this is not text in UTF-8")
            }
            let trimmed = trimming(Substring(text))
            guard let first = trimmed.first, first != "#" else { continue }
            try body(number, trimmed)
        }
    }

    static func trimming(_ text: Substring) -> Substring {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var rest = text.utf8[...]
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return Substring(rest)
    }
}
