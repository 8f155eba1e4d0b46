// SPDX-License-Identifier: Apache-2.0

/// What waits to be committed: a plain value behind the log's mutex.
struct HubLogQueue {
    /// What one transaction takes.
    struct Group {
        var work: [HubLogWork]
        var bytes: Int
        var cursors: [String: Int64]
    }

    /// Work beyond this is refused.
    let maximumBytes: Int
    /// A transaction takes no more than this, so that the first of a long queue is not acknowledged late.
    let groupBytes: Int

    private var waiting: [HubLogWork] = []
    /// Index in `waiting` of the first that no transaction has taken.
    private var next = 0
    private var bytes = 0
    /// True from the moment that a drain is scheduled until it has found nothing more.
    private var draining = false
    private(set) var closed = false

    /// Every reader's position, stored or about to be.
    private(set) var cursors: [String: Int64]
    private var changedCursors: Set<String> = []
    private var cursorsDue = false
    private var cursorTimer = false

    init(maximumBytes: Int, groupBytes: Int, cursors: [String: Int64]) {
        self.maximumBytes = maximumBytes
        self.groupBytes = groupBytes
        self.cursors = cursors
    }

    /// Whether the work was taken.
    mutating func push(_ work: HubLogWork) -> Bool {
        guard !closed else { return false }
        let size = work.bytes
        // A single large one is let in when nothing else waits.
        guard bytes == 0 || bytes + size <= maximumBytes else { return false }
        bytes += size
        waiting.append(work)
        return true
    }

    /// Whether the caller has to schedule a drain.
    mutating func startDraining() -> Bool {
        defer { draining = true }
        return !draining
    }

    /// What the next transaction takes, or nil when the drain ends.
    mutating func nextGroup() -> Group? {
        guard next < waiting.count || (cursorsDue && !changedCursors.isEmpty) else {
            waiting.removeAll(keepingCapacity: true)
            next = 0
            draining = false
            cursorsDue = false
            return nil
        }
        var group = Group(work: [], bytes: 0, cursors: [:])
        while next < waiting.count, group.bytes < groupBytes {
            group.bytes += waiting[next].bytes
            group.work.append(waiting[next])
            next += 1
        }
        if next == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            next = 0
        }
        for name in changedCursors { group.cursors[name] = cursors[name] }
        changedCursors.removeAll()
        cursorsDue = false
        return group
    }

    /// All that no transaction has taken; its memory is free.
    mutating func takeRest() -> [HubLogWork] {
        let rest = Array(waiting[next...])
        bytes -= rest.reduce(0) { $0 + $1.bytes }
        waiting.removeAll(keepingCapacity: true)
        next = 0
        return rest
    }

    /// The group was committed or has failed; its memory is free.
    mutating func finished(_ group: Group, committed: Bool) {
        bytes -= group.bytes
        if !committed { changedCursors.formUnion(group.cursors.keys) }
    }

    /// Whether the caller has to start the timer that stores positions when nothing else is committed.
    mutating func moveCursor(_ name: String, to position: Int64) -> Bool {
        guard cursors[name] != position else { return false }
        cursors[name] = position
        changedCursors.insert(name)
        guard !closed, !cursorTimer else { return false }
        cursorTimer = true
        return true
    }

    /// The timer has fired; whether the caller has to schedule a drain.
    mutating func cursorTimerFired() -> Bool {
        cursorTimer = false
        cursorsDue = !changedCursors.isEmpty
        return cursorsDue && startDraining()
    }

    /// Nothing more is taken; the last drain stores the positions too.
    mutating func close() {
        closed = true
        cursorsDue = true
    }
}
