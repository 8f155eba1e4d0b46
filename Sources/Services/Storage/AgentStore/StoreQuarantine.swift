// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tells a damaged database by its first bytes.
enum StoreQuarantine {
    /// What is wrong with a file before SQLite has touched it; nil when it may be opened.
    ///
    /// SQLite deletes the WAL of an empty database, and with it what could still be read, so such a file is not opened.
    static func damage(of path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return "it is not a file" }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &header, header.count)
        if count == 0 { return "it is empty" }
        // https://sqlite.org/fileformat2.html section 1.3
        if count > 0, count < 100 || !header.starts(with: Array("SQLite format 3\0".utf8)) {
            return "it does not begin as a database does"
        }
        return nil
    }
}
