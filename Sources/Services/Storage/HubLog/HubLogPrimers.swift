// SPDX-License-Identifier: Apache-2.0

import Batching

/// The primers that a reader of the log needs, opened; those used last stay in memory.
///
/// Belongs to the thread of its connection.
final class HubLogPrimers {
    /// Readers go through the log in landing order, where the batches of many nodes alternate.
    private static let capacity = 64

    private let statements: HubLogStatements
    private var opened = PrimerCache<Key>(capacity: capacity)
    private let headers = BatchHeaders()

    private struct Key: Hashable {
        var node: String
        var identifier: PrimerIdentifier
    }

    init(_ statements: HubLogStatements) {
        self.statements = statements
    }

    /// The primer that a batch names; nil where it names none, and what is wrong where it is not at hand.
    func primer(of row: HubLogRow) throws(SQLiteError) -> Primer? {
        guard let identifier = headers.primer(of: row.batch) else { return nil }
        let key = Key(node: row.node, identifier: identifier)
        if let known = opened[key] { return known }
        guard let bytes = try Self.bytes(of: identifier, node: row.node, statements),
            let primer = try? Primer(bytes: bytes), primer.identifier == identifier
        else { return nil }
        opened[key] = primer
        return primer
    }

    /// The stored bytes; nil where the node has no such primer here.
    static func bytes(
        of identifier: PrimerIdentifier,
        node: String,
        _ statements: HubLogStatements
    ) throws(SQLiteError) -> [UInt8]? {
        let select = try statements(
            """
            SELECT primers.bytes FROM nodes JOIN primers ON primers.node = nodes.id
            WHERE nodes.name = ? AND primers.identifier = ?
            """
        )
        select.bind(node, at: 1)
        select.bind(identifier.rawValue, at: 2)
        defer { select.reset() }
        return try select.step() ? select.withBlob(0) { Array($0) } : nil
    }
}
