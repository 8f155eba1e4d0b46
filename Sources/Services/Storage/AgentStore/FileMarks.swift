// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What tells that files were written, replaced, made or deleted, without reading them (inode(7)).
struct FileMarks: Equatable {
    private struct Mark: Equatable {
        var inode: ino_t
        var size: off_t
        var changed: [Int]
    }

    private let marks: [Mark?]

    init(_ paths: [String]) {
        marks = paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            let times = [status.st_mtim, status.st_ctim].flatMap { [$0.tv_sec, $0.tv_nsec] }
            return Mark(inode: status.st_ino, size: status.st_size, changed: times)
        }
    }
}
