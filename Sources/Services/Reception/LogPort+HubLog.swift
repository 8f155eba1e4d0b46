// SPDX-License-Identifier: Apache-2.0

package import Storage

extension LogPort {
    /// The real one.
    package init(_ log: HubLog) {
        self.init(
            hubID: log.hubID,
            hubEpoch: log.hubEpoch,
            land: { log.land(node: $0, lane: $1, batch: $2, block: $3, completion: $4) },
            record: { log.record(node: $0, gap: $1, completion: $2) },
            keep: { log.keep($1, node: $0, completion: $2) },
            clock: { log.keep($0, store: $1, completion: $2) },
            primers: { node, identifiers throws(StoreError) in try await log.primers(of: node, identifiers) },
            greet: { introduction throws(StoreError) in try await log.greet(introduction) },
            note: { log.raiseCeiling(node: $0.node, lane: $0.lane, to: $0.ceiling) }
        )
    }
}
