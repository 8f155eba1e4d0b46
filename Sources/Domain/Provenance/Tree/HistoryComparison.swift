// SPDX-License-Identifier: Apache-2.0

package import Events

/// Finds how the events that are in a log differ from the leaves that were signed, in one pass and bounded memory.
package struct HistoryComparison {
    /// An event that is there now.
    package struct Present {
        /// The first bytes of its leaf's hash.
        package var mark: UInt32
        package var identity: EventIdentity

        package init(mark: UInt32, identity: EventIdentity) {
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
    /// Findings after which it is enough.
    private let limit: Int
    package private(set) var findings: [HistoryFinding] = []
    private var signed: [UInt32] = []
    private var present: [Present] = []
    /// The highest sequence so far, by lane.
    private var newest: [LaneName: UInt64] = [:]
    /// Leaves that are gone, as far as the event behind them is not known yet.
    private var missing = 0

    package init(window: Int = 65_536, limit: Int) {
        self.window = window
        self.limit = limit
    }

    /// Whether there are as many findings as were asked for.
    package var isEnough: Bool { findings.count >= limit }

    /// Whether it has enough on both sides to go on.
    private var isFull: Bool { signed.count > window && present.count > window }

    /// The next leaf that was signed.
    package mutating func sign(_ mark: UInt32) { signed.append(mark) }

    /// The next event that is there.
    package mutating func find(_ event: Present) { present.append(event) }

    /// Compares what is known so far.
    ///
    /// - Parameter isEnd: nothing more comes.
    package mutating func compare(isEnd: Bool) {
        acceptEqual()
        while !isEnough, isEnd ? !(signed.isEmpty && present.isEmpty) : isFull {
            step()
            acceptEqual()
        }
        if isEnd, missing > 0 {
            findings.append(.missing(count: missing, first: nil, next: nil))
            missing = 0
        }
    }

    /// Passes events that are where they belong.
    private mutating func acceptEqual() {
        let count = zip(signed, present).prefix { $0 == $1.mark }.count
        for event in present.prefix(count) { pass(event.identity) }
        signed.removeFirst(count)
        present.removeFirst(count)
    }

    /// The first leaf and the first event are not the same.
    private mutating func step() {
        guard let event = present.first else {
            missing += signed.count
            signed = []
            return
        }
        guard let mark = signed.first else {
            findings.append(.added(event.identity))
            present.removeFirst()
            return
        }
        let isLater = present.prefix(window).contains { $0.mark == mark }
        switch (isLater, signed.prefix(window).firstIndex(of: event.mark)) {
        case (false, nil):
            findings.append(.changed(event.identity))
            signed.removeFirst()
            pass(present.removeFirst().identity)
        case (true, nil):
            findings.append(.added(event.identity))
            present.removeFirst()
        case (false, _?):
            missing += 1
            signed.removeFirst()
        case (true, let place?):
            findings.append(.reordered(event.identity))
            signed.remove(at: place)
            pass(present.removeFirst().identity)
        }
    }

    /// Names what is missing before an event, where its lane says which that is.
    private mutating func pass(_ identity: EventIdentity) {
        let name = LaneName(node: identity.node, lane: identity.lane)
        let last = newest[name] ?? 0
        newest[name] = max(last, identity.sequence)
        guard missing > 0 else { return }
        var first: EventIdentity?
        if identity.sequence > last, identity.sequence - last - 1 == UInt64(missing) {
            first = identity
            first?.sequence = last + 1
        }
        findings.append(.missing(count: missing, first: first, next: identity))
        missing = 0
    }
}
