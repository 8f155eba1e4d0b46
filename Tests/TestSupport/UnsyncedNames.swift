// SPDX-License-Identifier: Apache-2.0

/// A directory on a disk that keeps only what was synced: which file each name stood for, and what changed since.
struct UnsyncedNames {
    enum Change {
        case create(String, file: Int)
        case rename(String, to: String)
        case remove(String)
    }

    var durable: [String: Int] = [:]
    /// As programs see it.
    private(set) var live: [String: Int] = [:]
    private(set) var pending: [Change] = []

    init(_ names: [String: Int] = [:]) {
        durable = names
        live = names
    }

    mutating func add(_ change: Change) {
        Self.apply(change, to: &live)
        pending.append(change)
    }

    mutating func sync() {
        durable = live
        pending.removeAll()
    }

    /// What a power cut leaves.
    ///
    /// A journal keeps changes of names in order, so mostly some of the first are kept; without one it may be any.
    func afterCut(_ generator: inout SeededGenerator) -> [String: Int] {
        var out = durable
        let end = Int.random(in: 0...pending.count, using: &generator)
        let isJournaled = Int.random(in: 0..<3, using: &generator) > 0
        for (index, change) in pending.enumerated() {
            if isJournaled ? index < end : Bool.random(using: &generator) { Self.apply(change, to: &out) }
        }
        return out
    }

    private static func apply(_ change: Change, to names: inout [String: Int]) {
        switch change {
        case .create(let name, let file): names[name] = file
        case .rename(let name, let target):
            guard let file = names.removeValue(forKey: name) else { return }
            names[target] = file
        case .remove(let name): names[name] = nil
        }
    }
}
