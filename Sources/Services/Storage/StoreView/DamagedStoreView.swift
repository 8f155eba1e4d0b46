// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc

/// A damaged or kept file as people look at it: every event that a checksum proves, whatever SQLite says, in the order in
/// which they lie, each once.
package final class DamagedStoreView {
    private let scan: SalvageScan
    private let survey: SalvageSurvey
    private var node: [UInt64: String] = [:]

    /// - Parameter path: of a database; a WAL beside it is read, too.
    package init(path: String) throws(StoreError) {
        guard let database = RawFile(path: path) else {
            let reason = access(path, F_OK) == 0 ? "it is no file that can be read" : String(cString: strerror(errno))
            throw .failed(path: path, reason: reason)
        }
        scan = SalvageScan(database: database, wal: RawFile(path: path + "-wal"))
        survey = SalvageSurvey(scan, packBytes: 0)
        for (id, epoch) in survey.epochs { node[id] = epoch.node }
    }

    /// Hands over what is there; times are as the node's clock said.
    ///
    /// Also what a hub has had for long, and nothing of the gaps: only an opened store knows these.
    package func read(_ take: (StoreView.Events) throws -> Void) throws {
        let opener = SalvageOpener(primers: survey.primers)
        var seen: [Lane: SequenceSet] = [:]
        let file = { (record: SalvageRecord) -> Bool in
            guard let blob = SalvagedBlob(record) else { return false }
            guard let lane = blob.lane, let range = blob.sequences else { return true }
            let new = seen[lane, default: SequenceSet()].missing(in: range)
            guard !new.isEmpty else { return true }
            var block = EventBlock()
            switch blob {
            case .event(let event): event.append(to: &block)
            case .batch(let batch):
                guard let events = opener.events(of: batch) else { return true }
                for event in events.records where new.contains(where: { $0.contains(event.sequence) }) {
                    block.append(event, of: events, eventClass: lane.partition.eventClass)
                }
            case .primer: break
            }
            guard !block.isEmpty else { return true }
            seen[lane, default: SequenceSet()].insert(range)
            try take(.init(node: self.node[lane.epoch] ?? "", lane: lane, block: block, clock: .unknown))
            return true
        }
        try scan.readDatabase(file)
        try scan.readWAL(file)
    }
}
