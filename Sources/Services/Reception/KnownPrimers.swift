// SPDX-License-Identifier: Apache-2.0

import Batching
import Storage
import Synchronization

/// The primers that one connection's batches may name: those that the log has of its node, by what hello and the
/// agent's publications said.
///
/// Only their bytes are kept here; opened ones are shared in a cache, or ten thousand agents would keep as many start states.
struct KnownPrimers {
    /// Names an opened primer; never without its node, whose secrets it may hold.
    struct Key: Hashable, Sendable {
        var node: String
        var identifier: PrimerIdentifier
    }

    typealias Opened = Mutex<PrimerCache<Key>>

    /// Opened primers that a hub keeps for all connections.
    static let openedInAll = 256
    /// An agent has two of them in use.
    private static let maximumCount = 8

    private var stored: [(identifier: PrimerIdentifier, bytes: [UInt8])] = []

    mutating func add(_ identifier: PrimerIdentifier, _ bytes: [UInt8]) {
        stored.removeAll { $0.identifier == identifier }
        stored.append((identifier, bytes))
        if stored.count > Self.maximumCount { stored.removeFirst() }
    }

    /// The primer that a batch names, if it is one of them.
    func primer(_ identifier: PrimerIdentifier, node: String, _ opened: borrowing Opened) -> Primer? {
        guard let known = stored.first(where: { $0.identifier == identifier }) else { return nil }
        let key = Key(node: node, identifier: identifier)
        if let primer = opened.withLock({ $0[key] }) { return primer }
        do throws(BatchFault) {
            let primer = try Primer(bytes: known.bytes)
            opened.withLock { $0[key] = primer }
            return primer
        } catch {
            return nil
        }
    }
}
