// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes a WAL over itself and syncs it.
///
/// When a sync fails, the kernel takes what it could not write for written: the next sync succeeds without it
/// (https://wiki.postgresql.org/wiki/Fsync_Errors). Commits whose frames stand in front of it were not synced one by one,
/// so that a later one would be acknowledged, and gone with the power, for the WAL is read up to its first gap. What
/// programs read is still right; so it is written once more.
struct LogRenewal {
    let path: String
    let calls: SystemCalls

    private static let chunk = 256 << 10

    func run() throws(StoreError) {
        try opened { descriptor throws(StoreError) in try rewrite(descriptor) }
    }

    /// Syncs it as it is.
    func sync() throws(StoreError) {
        try opened { descriptor throws(StoreError) in try check(calls.sync(descriptor)) }
    }

    private func opened(_ body: (CInt) throws(StoreError) -> Void) throws(StoreError) {
        let descriptor = calls.open(path)
        // There is none when nothing was written since the last copy.
        if descriptor == -ENOENT { return }
        guard descriptor >= 0 else { throw failure(-descriptor) }
        defer { calls.close(descriptor) }
        try body(descriptor)
    }

    private func rewrite(_ descriptor: CInt) throws(StoreError) {
        var bytes = [UInt8](repeating: 0, count: Self.chunk)
        var offset = 0
        while true {
            let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
            guard count >= 0 else { throw failure(errno) }
            if count == 0 { break }
            try check(calls.write(descriptor, Array(bytes[..<count]), offset))
            offset += count
        }
        try check(calls.sync(descriptor))
    }

    private func check(_ code: CInt) throws(StoreError) {
        if code != 0 { throw failure(code) }
    }

    private func failure(_ code: CInt) -> StoreError {
        code == ENOSPC || code == EDQUOT
            ? .diskFull(path: path) : .failed(path: path, reason: String(cString: strerror(code)))
    }
}
