// SPDX-License-Identifier: Apache-2.0

import Batching

extension HubLogTransaction {
    /// Bytes of one node's primers: at one of three kilobytes every three hours, the least time between two that an agent
    /// keeps to, that is about a year.
    static let primerBytesPerNode = 8 << 20

    /// Keeps a primer of a node; the oldest that no batch in the log names make room for it.
    func keep(_ primer: Primer, node name: String) throws(SQLiteError) -> Outcome {
        let node = try nodeRow(name)
        let bytes = primer.bytes
        if let known = try primerRow(primer.identifier, node: name) {
            // Its bytes may have been damaged since, or nobody would have sent it again.
            let update = try statements("UPDATE primers SET bytes = ? WHERE id = ?")
            update.bind(bytes.span.bytes, at: 1)
            update.bind(known.id, at: 2)
            try update.run()
            return .primer(.landed)
        }
        guard bytes.count <= Self.primerBytesPerNode else { return .primer(.overQuota) }
        while try primerBytes(of: node) + bytes.count > Self.primerBytesPerNode {
            let delete = try statements(
                "DELETE FROM primers WHERE id = (SELECT min(id) FROM primers WHERE node = ? AND used = 0)"
            )
            delete.bind(node, at: 1)
            try delete.run()
            guard statements.database.changes > 0 else { return .primer(.overQuota) }
            newPrimers -= 1
        }
        let insert = try statements("INSERT INTO primers (node, identifier, bytes, used) VALUES (?, ?, ?, 0)")
        insert.bind(node, at: 1)
        insert.bind(primer.identifier.rawValue, at: 2)
        insert.bind(bytes.span.bytes, at: 3)
        try insert.run()
        newPrimers += 1
        return .primer(.landed)
    }

    /// Sees to it that a batch which is about to land can be read again: false when its primer is not here.
    func use(_ identifier: PrimerIdentifier, node: String) throws(SQLiteError) -> Bool {
        guard let row = try primerRow(identifier, node: node) else { return false }
        try segments.note(primer: row.id)
        guard !row.isUsed else { return true }
        let update = try statements("UPDATE primers SET used = 1 WHERE id = ?")
        update.bind(row.id, at: 1)
        try update.run()
        return true
    }

    /// Asked of the database each time: what is remembered of it might be wrong, and a batch without its primer is lost.
    private func primerRow(
        _ identifier: PrimerIdentifier,
        node: String
    ) throws(SQLiteError) -> (id: Int64, isUsed: Bool)? {
        let select = try statements(
            """
            SELECT primers.id, primers.used FROM nodes JOIN primers ON primers.node = nodes.id
            WHERE nodes.name = ? AND primers.identifier = ?
            """
        )
        select.bind(node, at: 1)
        select.bind(identifier.rawValue, at: 2)
        defer { select.reset() }
        return try select.step() ? (select.integer(0), select.integer(1) != 0) : nil
    }

    private func primerBytes(of node: Int64) throws(SQLiteError) -> Int {
        let select = try statements("SELECT sum(length(bytes)) FROM primers WHERE node = ?")
        select.bind(node, at: 1)
        defer { select.reset() }
        return try select.step() ? Int(select.integer(0)) : 0
    }
}
