// SPDX-License-Identifier: Apache-2.0

/// What makes a log of today one of an older version, for as long as it is one segment.
enum OldHubLog {
    static func downgrade(to version: Int) -> String {
        """
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
        DROP TABLE log_1; DROP TABLE segments; DROP TABLE segment_primers; DROP TABLE identities; DROP TABLE clocks;
        ALTER TABLE lanes DROP COLUMN checksum; ALTER TABLE lanes DROP COLUMN ranges;
        ALTER TABLE gaps DROP COLUMN checksum;
        DELETE FROM meta WHERE key <> 'hub_id';
        \(version < 2 ? "DROP TABLE primers;" : "")
        PRAGMA user_version = \(version);
        """
    }
}
