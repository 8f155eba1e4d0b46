// SPDX-License-Identifier: Apache-2.0

/// What makes a log of today one of an older version.
enum OldHubLog {
    /// To a version before 3 only for as long as the log is one segment.
    static func downgrade(to version: Int) -> String {
        """
        \(version < 3 ? oneTable : "")
        \(version < 4 ? "DROP TABLE clocks;" : "")
        \(version < 2 ? "DROP TABLE primers;" : "")
        DROP TABLE identities;
        ALTER TABLE lanes DROP COLUMN checksum; ALTER TABLE lanes DROP COLUMN ranges;
        ALTER TABLE gaps DROP COLUMN checksum;
        DELETE FROM meta WHERE key \(version < 3 ? "<> 'hub_id'" : "= 'format'");
        PRAGMA user_version = \(version);
        """
    }

    private static let oneTable = """
        CREATE TABLE log (
            position INTEGER PRIMARY KEY,
            lane     INTEGER NOT NULL REFERENCES lanes (id),
            first    INTEGER NOT NULL,
            count    INTEGER NOT NULL,
            batch    BLOB NOT NULL,
            kept     BLOB,
            checksum INTEGER NOT NULL
        ) STRICT;
        INSERT INTO log SELECT position, lane, first, count, batch, kept, checksum FROM log_1;
        DROP TABLE log_1; DROP TABLE segments; DROP TABLE segment_primers;
        """
}
