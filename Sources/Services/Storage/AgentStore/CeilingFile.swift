// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc

/// The open ceiling file.
///
/// Not thread safe: the writer owns it.
final class CeilingFile {
    private let path: String
    private let calls: SystemCalls
    private let descriptor: CInt
    private var contents: CeilingContents
    /// Positions of lanes in ``CeilingContents/entries``.
    private var slots: [Lane: Int] = [:]

    /// What lies at `path`; nil when there is nothing, or nothing that can be trusted.
    static func read(_ path: String) -> CeilingContents? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        // A lane is 64 bytes: more than this is not ours.
        while bytes.count < 8 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return CeilingContents(decoding: bytes)
    }

    /// Replaces the file: written beside it, synced, renamed over it.
    init(replacing path: String, with contents: CeilingContents, _ calls: SystemCalls) throws(StoreError) {
        let fresh = path + ".new"
        descriptor = calls.create(fresh)
        self.path = path
        self.calls = calls
        self.contents = contents
        for (slot, entry) in contents.entries.enumerated() { slots[entry.lane] = slot }
        guard descriptor >= 0 else { throw Self.failure(-descriptor, path) }
        do throws(StoreError) {
            try write(contents.encodedHeader() + contents.entries.flatMap(CeilingContents.encoded), at: 0)
            try sync()
        } catch {
            _ = calls.remove(fresh)
            throw error
        }
        try Self.check(calls.rename(fresh, path), path)
        try Self.check(calls.syncDirectory(of: path), path)
    }

    deinit {
        if descriptor >= 0 { calls.close(descriptor) }
    }

    /// Reserves numbers up to `ceiling`, on disk when this returns.
    func reserve(_ ceiling: UInt64, for lane: Lane, ordinal: UInt64) throws(StoreError) {
        var entry = CeilingContents.Entry(lane: lane, ordinal: ordinal, ceiling: ceiling, last: 0, acknowledged: 0)
        let slot = slots[lane] ?? contents.entries.count
        if slot < contents.entries.count {
            entry = contents.entries[slot]
            entry.ceiling = ceiling
        }
        try write(CeilingContents.encoded(entry), at: CeilingContents.headerLength + slot * CeilingContents.entryLength)
        try sync()
        if slot < contents.entries.count {
            contents.entries[slot] = entry
        } else {
            contents.entries.append(entry)
            slots[lane] = slot
        }
    }

    /// Notes how far a lane has come.
    ///
    /// Not synced.
    func mark(_ lane: Lane, last: UInt64, acknowledged: UInt64) throws(StoreError) {
        guard let slot = slots[lane] else { return }
        guard contents.entries[slot].last != last || contents.entries[slot].acknowledged != acknowledged else { return }
        contents.entries[slot].last = last
        contents.entries[slot].acknowledged = acknowledged
        try write(
            CeilingContents.encoded(contents.entries[slot]),
            at: CeilingContents.headerLength + slot * CeilingContents.entryLength
        )
    }

    /// Says that all numbers in the file are exact, and syncs.
    func markClean() throws(StoreError) {
        contents.clean = true
        try sync()
        try write(contents.encodedHeader(), at: 0)
        try sync()
    }

    private func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
        try Self.check(calls.write(descriptor, bytes, offset), path)
    }

    private func sync() throws(StoreError) {
        try Self.check(calls.sync(descriptor), path)
    }

    private static func check(_ code: CInt, _ path: String) throws(StoreError) {
        if code != 0 { throw failure(code, path) }
    }

    private static func failure(_ code: CInt, _ path: String) -> StoreError {
        code == ENOSPC || code == EDQUOT
            ? .diskFull(path: path) : .failed(path: path, reason: String(cString: strerror(code)))
    }
}
