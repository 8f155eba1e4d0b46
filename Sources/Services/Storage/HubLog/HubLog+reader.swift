// SPDX-License-Identifier: Apache-2.0

extension HubLog {
    /// Opens a log for reading only, also while a hub of another process writes it and after it was killed.
    package static func openReader(
        directory: String,
        opening: BatchOpening = .standard
    ) throws(StoreError) -> HubLogReader {
        try HubLogReader(path: HubLogFiles(directory: directory).database, opening: opening)
    }

    /// Bytes of a log on disk, WAL included.
    package static func diskBytes(in directory: String) -> Int64 {
        HubLogFiles(directory: directory).diskBytes
    }
}
