// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Moves a damaged database out of the way, with all that belongs to it: nothing is deleted, the start goes on.
enum StoreQuarantine {
    /// What is wrong with a file before SQLite has touched it; nil when it may be opened.
    ///
    /// SQLite deletes the WAL of an empty database, and with it what could still be read, so such a file is not opened.
    static func damage(of path: String) -> String? {
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

    /// Renames the database, its WAL and its index; returns the new name.
    static func move(_ path: String, _ calls: SystemCalls) throws(StoreError) -> String {
        var number = 1
        while access("\(path).damaged-\(number)", F_OK) == 0 { number += 1 }
        let target = "\(path).damaged-\(number)"
        for suffix in ["-wal", "-shm", ""] {
            let code = calls.rename(path + suffix, target + suffix)
            guard code == 0 || code == ENOENT else {
                throw .unwritable(path: path + suffix, reason: String(cString: strerror(code)))
            }
        }
        return target
    }
}
