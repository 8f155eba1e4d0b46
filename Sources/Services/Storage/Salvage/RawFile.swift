// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file of unknown worth, read at any place; what cannot be read is simply not there.
final class RawFile {
    private enum Source {
        case descriptor(CInt)
        case connection(SQLiteConnection)
        case memory([UInt8])
    }

    private let source: Source
    /// Bytes in it when it was opened.
    let size: Int

    /// Nil when there is no regular file that may be read: a pipe would never end.
    ///
    /// Not for a database that is open in this process: to close a second descriptor of it takes the locks away that
    /// SQLite has on the first (https://sqlite.org/howtocorrupt.html section 2.2).
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        source = .descriptor(descriptor)
        size = Int(status.st_size)
    }

    /// The database of a connection, read through the descriptor that SQLite has.
    init(_ connection: SQLiteConnection) {
        source = .connection(connection)
        size = connection.fileSize
    }

    init(bytes: [UInt8]) {
        source = .memory(bytes)
        size = bytes.count
    }

    deinit {
        if case .descriptor(let descriptor) = source { close(descriptor) }
    }

    /// Fills `buffer` from `offset` on, with zeros where there is nothing to be read; returns what was read before that.
    @discardableResult
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        var count = 0
        if offset >= 0, offset < size {
            switch source {
            case .descriptor(let descriptor): count = Self.read(descriptor, buffer, offset)
            case .connection(let connection): count = connection.readFile(into: buffer, at: offset, of: size)
            case .memory(let bytes):
                count = min(buffer.count, bytes.count - offset)
                bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + count])) }
            }
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(as: UInt8.self, repeating: 0)
        return count
    }

    private static func read(_ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    /// The bytes of a range, fewer at the end of the file.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }
}
