// SPDX-License-Identifier: Apache-2.0

import Batching

extension HubLogReader {
    /// The first batch after a position as it came, damaged or not; nil at the end of the snapshot.
    package func nextBatch(after position: Int64) throws(StoreError) -> HubLogBatch? {
        try reading { () throws(SQLiteError) in
            try rows.next(after: position).map { HubLogBatch($0) }
        }
    }

    /// Hands over the primers of all nodes, one after the other.
    package func forEachPrimer(_ body: (HubLogPrimer) throws -> Void) throws {
        guard try primerCount() > 0 else { return }
        let select = try statements(
            """
            SELECT nodes.name, primers.identifier, primers.bytes FROM primers JOIN nodes ON nodes.id = primers.node
            ORDER BY primers.id
            """
        )
        defer { select.reset() }
        while try reading({ () throws(SQLiteError) in try select.step() }) {
            try body(
                HubLogPrimer(
                    node: select.text(0),
                    identifier: PrimerIdentifier(rawValue: select.unsigned(1)),
                    bytes: select.withBlob(2) { Array($0) }
                )
            )
        }
    }
}
