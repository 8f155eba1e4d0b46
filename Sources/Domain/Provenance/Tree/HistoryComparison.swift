// SPDX-License-Identifier: Apache-2.0

package import Events

/// Finds how the events that are in a log differ from the leaves that were signed, in one pass and bounded memory.
package struct HistoryComparison {
    /// An event that is there now.
    package struct Present {
        /// The first bytes of its leaf's hash.
        package var mark: ArraySlice<UInt8>
        package var identity: EventIdentity

        package init(mark: ArraySlice<UInt8>, identity: EventIdentity) {
            self.mark = mark
            self.identity = identity
        }
    }

    private struct LaneName: Hashable {
        var node: String
        var lane: Lane
    }

    /// Leaves on either side among which one that is not in its place is looked for.
    private let window: Int
    private var signed: [ArraySlice<UInt8>] = []
    private var present: [Present] = []
    /// The highest sequence so far, by lane.
    private var newest: [LaneName: UInt64] = [:]
    /// Leaves that are gone, as far as the event behind them is not known yet.
    private var missing = 0

    package init(window: Int = 1_024) {
        self.window = window
    }

    /// Whether it has enough on both sides to go on.
    package var isFull: Bool { signed.count > window && present.count > window }

    /// The next leaf that was signed.
    package mutating func sign(_ mark: ArraySlice<UInt8>) { signed.append(mark) }

    /// The next event that is there.
    package mutating func find(_ event: Present) { present.append(event) }

    /// Compares what is known so far.
    ///
    /// - Parameter isEnd: nothing more comes.
    package mutating func compare(isEnd: Bool, _ report: (HistoryFinding) -> Void) {
        let equal = zip(signed, present).prefix { $0 == $1.mark }.count
        accept(equal, report)
        while isEnd ? !(signed.isEmpty && present.isEmpty) : isFull {
            step(report)
            accept(zip(signed, present).prefix { $0 == $1.mark }.count, report)
        }
        if isEnd, missing > 0 {
            report(.missing(count: missing, first: nil, next: nil))
            missing = 0
        }
    }

    /// Passes events that are where they belong.
    private mutating func accept(_ count: Int, _ report: (HistoryFinding) -> Void) {
        for event in present.prefix(count) { pass(event.identity, report) }
        signed.removeFirst(count)
        present.removeFirst(count)
    }

    /// The first leaf and the first event are not the same.
    private mutating func step(_ report: (HistoryFinding) -> Void) {
        guard let event = present.first else {
            missing += signed.count
            signed = []
            return
        }
        guard let mark = signed.first else {
            report(.added(event.identity))
            present.removeFirst()
            return
        }
        let isLater = present.prefix(window).contains { $0.mark == mark }
        switch (isLater, signed.prefix(window).firstIndex(of: event.mark)) {
        case (false, nil):
            report(.changed(event.identity))
            signed.removeFirst()
            pass(present.removeFirst().identity, report)
        case (true, nil):
            report(.added(event.identity))
            present.removeFirst()
        case (false, _?):
            missing += 1
            signed.removeFirst()
        case (true, let place?):
            report(.reordered(event.identity))
            signed.remove(at: place)
            pass(present.removeFirst().identity, report)
        }
    }

    /// Names what is missing before an event, where its lane says which that is.
    private mutating func pass(_ identity: EventIdentity, _ report: (HistoryFinding) -> Void) {
        let name = LaneName(node: identity.node, lane: identity.lane)
        let last = newest[name] ?? 0
        newest[name] = max(last, identity.sequence)
        guard missing > 0 else { return }
        var first: EventIdentity?
        if identity.sequence > last, identity.sequence - last - 1 == UInt64(missing) {
            first = identity
            first?.sequence = last + 1
        }
        report(.missing(count: missing, first: first, next: identity))
        missing = 0
    }
}
