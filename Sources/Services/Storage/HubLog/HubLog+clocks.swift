// SPDX-License-Identifier: Apache-2.0

extension HubLog {
    /// Keeps a clock record of a node: readers of its events are shown corrected times from then on.
    ///
    /// - Parameters:
    ///   - store: the store that the node's epoch opened.
    ///   - completion: called on the writer's thread after the commit was synced, or on the caller's when it was refused at
    ///     once.
    package func keep(
        _ clock: ClockAnnouncement,
        store: UInt64,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        guard Self.isNodeName(clock.node) else {
            return completion(.failure(invalid("not a node name: \(clock.node)")))
        }
        enqueue(.clock(clock, store: store, completion))
    }
}
