// SPDX-License-Identifier: Apache-2.0

package import Batching

extension HubLog {
    /// Keeps a primer that a node published, so that its batches may name it.
    ///
    /// - Parameter completion: called on the writer's thread after the commit was synced, or on the caller's when it was
    ///   refused at once.
    package func keep(
        _ primer: Primer,
        node: String,
        completion: @escaping @Sendable (Result<PrimerLanding, StoreError>) -> Void
    ) {
        guard Self.isNodeName(node) else { return completion(.failure(invalid("not a node name: \(node)"))) }
        enqueue(.primer(node: node, primer, completion))
    }

    /// Those of a node's primers that are here, of the ones asked for.
    package func primers(of node: String, _ identifiers: [PrimerIdentifier]) async throws(StoreError) -> [Primer] {
        guard !identifiers.isEmpty, Self.isNodeName(node) else { return [] }
        return try await tail.primers(of: node, identifiers)
    }
}
