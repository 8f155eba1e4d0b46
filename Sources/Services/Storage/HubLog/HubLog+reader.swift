// SPDX-License-Identifier: Apache-2.0

import Glibc

extension HubLog {
    /// Opens a log for reading only, also while a hub of another process writes it and after it was killed.
    package static func openReader(
        directory: String,
        opening: BatchOpening = .standard
    ) throws(StoreError) -> HubLogReader {
        let path = HubLogFiles(directory: directory).database
        guard access(path, F_OK) == 0 else {
            let reason = "there is no log: no hub has run with this SLUICE_HUB_STATE_DIR, or this user may not look"
            throw .failed(path: path, reason: reason)
        }
        try HubLogDatabase.refuseNewer(path: path)
        return try HubLogReader(path: path, opening: opening)
    }

    /// Bytes of a log on disk, WAL included.
    package static func diskBytes(in directory: String) -> Int64 {
        HubLogFiles(directory: directory).diskBytes
    }
}
