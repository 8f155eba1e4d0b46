// SPDX-License-Identifier: Apache-2.0

import Events

/// What a store was asked to keep beside the events, and what it promised of that.
///
/// Changes take effect in the order in which they were asked for: an acknowledged append vouches for itself and for all
/// that was noted before it, and what follows is there up to some point, or not.
struct PowerRecords {
    private struct Change {
        var order: Int
        /// Nil where the record was removed.
        var body: [UInt8]?
        var isRefused = false
    }

    private struct Entry {
        var sure: [UInt8]?
        /// Asked for since, in order.
        var later: [Change] = []
    }

    /// Each record has a twin that changes with it, in the same commit.
    static let twin: UInt64 = 1_000

    private var entries: [UInt64: Entry] = [:]
    private var order = 0
    private var isForgotten = false

    /// Enters changes that are about to be asked for; the place in the order.
    mutating func ask(_ changes: [StateChange]) -> Int {
        order += 1
        for change in changes {
            switch change {
            case .put(let record):
                entries[record.number, default: .init()].later.append(.init(order: order, body: record.body))
            case .remove(let number): entries[number, default: .init()].later.append(.init(order: order))
            }
        }
        return order
    }

    mutating func acknowledge(_ order: Int) {
        for (number, var entry) in entries {
            let past = entry.later.prefix { $0.order <= order }
            if let last = past.last(where: { !$0.isRefused }) { entry.sure = last.body }
            entry.later.removeFirst(past.count)
            entries[number] = entry
        }
    }

    /// It may be there all the same, unless something later is acknowledged.
    mutating func refuse(_ order: Int) {
        for number in entries.keys {
            guard let index = entries[number]?.later.firstIndex(where: { $0.order == order }) else { continue }
            entries[number]?.later[index].isRefused = true
        }
    }

    /// The file was destroyed: what comes is what is.
    mutating func forget() {
        isForgotten = true
    }

    /// Compares with what a store holds when it is opened; that holds from here on.
    mutating func compare(_ records: [StateRecord]) -> (compared: Int, losses: [String]) {
        let found = Dictionary(uniqueKeysWithValues: records.map { ($0.number, $0.body) })
        defer {
            entries = found.mapValues { Entry(sure: $0) }
            isForgotten = false
        }
        guard !isForgotten else { return (0, []) }
        var losses: [String] = []
        for number in Set(entries.keys).union(found.keys).sorted() {
            let entry = entries[number] ?? Entry()
            let isRight = found[number] == entry.sure || entry.later.contains { $0.body == found[number] }
            if !isRight {
                let state = found[number].map { "has \($0.count) bytes that it must not have" } ?? "is missing"
                losses.append("record \(number) \(state)")
            }
            if number < Self.twin, found[number] != found[number + Self.twin] {
                losses.append("record \(number) and its twin differ")
            }
        }
        return (entries.count, losses)
    }
}
