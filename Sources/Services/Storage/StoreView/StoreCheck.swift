// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
package import Logging

/// What is wrong with a store, found without changing a file.
package struct StoreCheck: Sendable, Equatable {
    package var path: String
    package var isRunning: Bool
    /// Why the next start would salvage; nil where it would not.
    package var damage: String?
    /// Events that wait and were read.
    package var events: UInt64 = 0
    /// Events that wait and cannot be read where they lie.
    package var unreadable: UInt64 = 0
    /// Damaged files that are kept beside it.
    package var damagedFiles: [String]

    package var isWhole: Bool { damage == nil && unreadable == 0 }

    /// Looks at the files as the next start would, and then at every event; of a running agent's only at the events.
    package init(directory: String, logger: Logger) throws(StoreError) {
        try Self.requireStore(in: directory)
        let configuration = StoreConfiguration(directory: directory)
        path = configuration.databasePath
        isRunning = try StoreLock.isHeld(directory: directory)
        damagedFiles = SalvageFiles.kept(beside: path).map(\.path)
        if !isRunning {
            let opening = StoreOpening(configuration, ids: (store: 1, epoch: 1), logger: logger)
            damage = try opening.files.isPending ? "a salvage was interrupted" : opening.evidence()
        }
        guard damage == nil else { return }
        do {
            var (found, missing): (UInt64, UInt64) = (0, 0)
            try StoreView(directory: directory).read { piece in
                switch piece {
                case .events(let events): found += UInt64(events.block.count)
                case .gap(let gap) where gap.reason == .unreadable: missing += gap.count
                case .gap: break
                }
            }
            (events, unreadable) = (found, missing)
        } catch StoreError.damaged(_, let reason) {
            damage = reason
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(path: path, reason: "\(error)")
        }
    }

    /// Throws where no agent has ever had a store.
    package static func requireStore(in directory: String) throws(StoreError) {
        guard access(directory, F_OK) == 0 else {
            throw .failed(path: directory, reason: "there is no such directory: is SLUICE_STATE_DIR the agent's?")
        }
        let path = StoreConfiguration(directory: directory).databasePath
        let files = [path, path + "-wal", SalvageFiles(database: path).damaged]
        guard files.contains(where: SalvageFiles.exists) else {
            throw .failed(path: path, reason: "there is no store: no agent has run with this SLUICE_STATE_DIR")
        }
    }
}
