// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogTransaction {
    /// Compares a node's words with what has landed; see ``HubLog/greet(_:)``.
    func greet(_ hello: AgentIntroduction) throws(SQLiteError) -> Outcome {
        // Only a new opening of the store can show a lost lineage. A hello that was late on a dead connection must not:
        // it does not know of events, or of epochs, that have landed since.
        let firstSight = try introduce(
            node: hello.node,
            epoch: hello.epoch.id,
            ordinal: hello.epoch.ordinal,
            store: hello.storeID
        )
        var answer: [Lane: SequenceSet] = [:]
        var listed: Set<HubLogLane.Key> = []
        for summary in hello.lanes {
            let key = HubLogLane.Key(node: summary.node, lane: summary.lane)
            listed.insert(key)
            answer[summary.lane] = try compare(summary, key: key, hello: hello, firstSight: firstSight)
        }
        if firstSight {
            for unlisted in try openLanes(node: hello.node) {
                let key = HubLogLane.Key(node: hello.node, lane: unlisted.lane)
                guard !listed.contains(key), unlisted.lane.epoch != hello.epoch.id else { continue }
                try judge(unlisted, key: key, hello: hello)
            }
        }
        return .greeted(answer)
    }

    /// Remembers the place of an epoch and the store it opened; true when that was not known.
    func introduce(node: String, epoch: UInt64, ordinal: UInt64, store: UInt64) throws(SQLiteError) -> Bool {
        let row = try epochRow(node: node, epoch: epoch)
        let change = try statements("UPDATE epochs SET ordinal = ?, store = ? WHERE id = ? AND ordinal = 0")
        change.bind(max(1, ordinal), at: 1)
        change.bind(store, at: 2)
        change.bind(row, at: 3)
        try change.run()
        return statements.database.changes > 0
    }

    /// Remembers a ceiling that was named after the introduction.
    func raise(_ key: HubLogLane.Key, ceiling: UInt64) throws(SQLiteError) -> Outcome {
        var lane = try lane(key)
        if ceiling > lane.ceiling {
            lane.ceiling = ceiling
            update(lane)
        }
        return .none
    }

    private func compare(
        _ summary: AgentIntroduction.LaneSummary,
        key: HubLogLane.Key,
        hello: AgentIntroduction,
        firstSight: Bool
    ) throws(SQLiteError) -> SequenceSet {
        if summary.lane.epoch != hello.epoch.id || summary.node != hello.node {
            _ = try introduce(
                node: summary.node,
                epoch: summary.lane.epoch,
                ordinal: summary.ordinal,
                store: hello.storeID
            )
        }
        var lane = try lane(key)
        let isCurrent = summary.lane.epoch == hello.epoch.id
        if firstSight, !isCurrent, HubLogLineage.isOlderCopy(lane, last: summary.last) {
            for gap in HubLogLineage.missingThere(lane, after: summary.last, ceiling: summary.ceiling) {
                try insert(gap, lane: lane.id)
            }
            lane.closed = true
        }
        for gap in HubLogLineage.missingHere(lane, acknowledged: summary.acknowledged) {
            try cover(&lane, gap.first...gap.last)
            try insert(gap, lane: lane.id)
        }
        lane.last = max(lane.last, summary.last)
        lane.ceiling = max(lane.ceiling, summary.ceiling)
        if !isCurrent, lane.landed.cumulative >= lane.last { lane.closed = true }
        update(lane)
        return lane.landed
    }

    private func judge(
        _ unlisted: HubLogLineage.Unlisted,
        key: HubLogLane.Key,
        hello: AgentIntroduction
    ) throws(SQLiteError) {
        var lane = try lane(key)
        guard !lane.closed else { return }
        if HubLogLineage.fate(of: unlisted, hello: hello) == .lost {
            for gap in HubLogLineage.missingThere(lane, after: 0, ceiling: lane.ceiling) {
                try insert(gap, lane: lane.id)
            }
        }
        lane.closed = true
        update(lane)
    }

    private func openLanes(node: String) throws(SQLiteError) -> [HubLogLineage.Unlisted] {
        let row = try nodeRow(node)
        let select = try statements(
            """
            SELECT epochs.epoch, lanes.partition, epochs.ordinal, epochs.store
            FROM epochs JOIN lanes ON lanes.epoch = epochs.id WHERE epochs.node = ? AND lanes.closed = 0
            """
        )
        select.bind(row, at: 1)
        defer { select.reset() }
        var found: [HubLogLineage.Unlisted] = []
        while try select.step() {
            let partition = Partition(number: UInt32(truncatingIfNeeded: select.integer(1)))
            found.append(
                HubLogLineage.Unlisted(
                    lane: Lane(epoch: select.unsigned(0), partition: partition),
                    ordinal: select.unsigned(2),
                    store: select.unsigned(3)
                )
            )
        }
        return found
    }
}
