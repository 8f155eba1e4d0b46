// SPDX-License-Identifier: Apache-2.0

import Events

/// What waits for one subscriber: copies of the events, bounded in number and bytes.
///
/// Two blocks take turns: one is filled while the other is emptied, so that nothing is ever moved up.
struct DeliveryQueue {
    private struct Half {
        var block = EventBlock()
        var picks: [Pick] = []
        var head = 0

        var isDrained: Bool { head == picks.count }

        mutating func removeAll() {
            block = EventBlock()
            picks.removeAll()
            head = 0
        }
    }

    private var draining = Half()
    private var filling = Half()
    private(set) var count = 0
    private(set) var bytes = 0 {
        didSet { budget.change(by: bytes - oldValue) }
    }
    private let maximumCount: Int
    private let maximumBytes: Int
    private let budget: ByteBudget

    init(maximumCount: Int, maximumBytes: Int, budget: ByteBudget) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
        self.budget = budget
    }

    var isEmpty: Bool { count == 0 }

    /// Adds one event; false when there is no room, but an empty queue takes any event.
    mutating func append(_ pick: Pick, of block: EventBlock) -> Bool {
        let record = block.records[pick.index]
        let size = record.all.count
        guard isEmpty || (count < maximumCount && bytes + size <= maximumBytes && !budget.isSpent) else { return false }
        var moved = pick
        moved.index = filling.block.count
        filling.block.append(record, of: block)
        filling.picks.append(moved)
        count += 1
        bytes += size
        return true
    }

    /// Lets go of everything; how many messages that was.
    mutating func removeAll() -> Int {
        defer { (count, bytes) = (0, 0) }
        draining.removeAll()
        filling.removeAll()
        return count
    }

    /// Offers the oldest event to `send` until it says no or nothing is left.
    mutating func drain(_ send: (EventBlock, Pick) -> Bool) {
        while count > 0 {
            if draining.isDrained {
                draining.removeAll()
                swap(&draining, &filling)
            }
            let pick = draining.picks[draining.head]
            guard send(draining.block, pick) else { return }
            draining.head += 1
            count -= 1
            bytes -= draining.block.records[pick.index].all.count
        }
        draining.removeAll()
    }
}
