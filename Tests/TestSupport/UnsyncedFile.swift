// SPDX-License-Identifier: Apache-2.0

/// A file on a disk that keeps only what was synced: its bytes as of the last sync, and what came after.
struct UnsyncedFile {
    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    /// What survives a power cut for certain in whole: the unit in which a disk writes.
    static let sector = 512

    var durable: [UInt8] = []
    var pending: [Change] = []
    /// Syncs that failed: each opener hears of it once (errseq_t in the kernel's sources).
    var failedSyncs = 0

    /// All that came since the last sync is on the disk from here on.
    mutating func sync() {
        for change in pending { Self.apply(change, to: &durable) { _ in true } }
        pending.removeAll(keepingCapacity: true)
    }

    /// What a power cut leaves: any part of what was not synced, in sectors that are old or new.
    ///
    /// Which version of a sector survives does not depend on the order of the writes, so that keeping any subset of them
    /// covers every order in which a disk may have got to them.
    func afterCut(_ generator: inout SeededGenerator) -> [UInt8] {
        var out = durable
        let mode = Int.random(in: 0..<5, using: &generator)
        let share = Double.random(in: 0.02...0.98, using: &generator)
        let end = Int.random(in: 0...pending.count, using: &generator)
        for (index, change) in pending.enumerated() {
            switch mode {
            case 0: return out
            case 1:
                if index < end {
                    Self.apply(change, to: &out) { _ in true }
                } else if index == end {
                    let cut = Int.random(in: 0...16, using: &generator)
                    Self.apply(change, to: &out) { $0 < cut }
                }
            case 2:
                let isKept = Double.random(in: 0..<1, using: &generator) < share
                if isKept { Self.apply(change, to: &out) { _ in true } }
            case 3: Self.apply(change, to: &out) { _ in true }
            default: Self.apply(change, to: &out) { _ in Double.random(in: 0..<1, using: &generator) < share }
            }
        }
        return out
    }

    /// Applies the parts of a change, counted from 0, that `isKept` answers true for.
    private static func apply(_ change: Change, to out: inout [UInt8], where isKept: (Int) -> Bool) {
        switch change {
        case .truncate(let size):
            guard isKept(0) else { return }
            if size < out.count {
                out.removeSubrange(size...)
            } else {
                out += [UInt8](repeating: 0, count: size - out.count)
            }
        case .write(let offset, let bytes):
            var start = 0
            var part = 0
            while start < bytes.count {
                let end = min(bytes.count, ((offset + start) / sector + 1) * sector - offset)
                if isKept(part) { put(bytes[start..<end], at: offset + start, in: &out) }
                start = end
                part += 1
            }
        }
    }

    private static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, in out: inout [UInt8]) {
        let end = offset + bytes.count
        if out.count < end { out += [UInt8](repeating: 0, count: end - out.count) }
        out.replaceSubrange(offset..<end, with: bytes)
    }
}
