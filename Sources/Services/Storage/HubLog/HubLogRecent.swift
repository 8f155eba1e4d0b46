// SPDX-License-Identifier: Apache-2.0

import Events

/// The newest entries, kept decoded for readers that follow closely.
struct HubLogRecent {
    private let maximumBytes: Int
    private var entries: [LogEntry] = []
    /// Index in `entries` of the oldest that is still kept.
    private var oldest = 0
    private var bytes = 0
    private(set) var head: Int64

    init(maximumBytes: Int, head: Int64) {
        self.maximumBytes = maximumBytes
        self.head = head
    }

    /// Adds entries with consecutive positions after the head.
    mutating func append(_ new: [LogEntry]) {
        guard let last = new.last else { return }
        entries += new
        head = last.position
        for entry in new { bytes += Self.size(entry) }
        while bytes > maximumBytes, oldest < entries.count { forgetOldest() }
        compact()
    }

    /// Lets go of what the log on disk no longer has.
    mutating func forget(through position: Int64) {
        while oldest < entries.count, entries[oldest].position <= position { forgetOldest() }
        compact()
    }

    private mutating func forgetOldest() {
        bytes -= Self.size(entries[oldest])
        oldest += 1
    }

    private mutating func compact() {
        // Dropped entries leave their memory when they are half of all, so that each is moved about once.
        if oldest > entries.count / 2 {
            entries.removeFirst(oldest)
            oldest = 0
        }
    }

    /// Entries after `position`; nil when some of them are no longer here.
    func entries(after position: Int64, maximumBytes: Int) -> [LogEntry]? {
        guard position < head else { return [] }
        guard oldest < entries.count, entries[oldest].position <= position + 1 else { return nil }
        var index = oldest + Int(position + 1 - entries[oldest].position)
        var result: [LogEntry] = []
        var size = 0
        while index < entries.count, result.isEmpty || size < maximumBytes {
            result.append(entries[index])
            size += entries[index].block.byteCount
            index += 1
        }
        return result
    }

    private static func size(_ entry: LogEntry) -> Int {
        128 + entry.block.byteCount + entry.block.count * 40
    }
}
