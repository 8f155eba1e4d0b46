// SPDX-License-Identifier: Apache-2.0

/// The tables of `hub.db`.
enum HubLogSchema {
    /// What `PRAGMA user_version` says of the tables below.
    static let version = 5

    /// Fixed at creation (https://sqlite.org/pragma.html#pragma_auto_vacuum).
    static let creation = "PRAGMA auto_vacuum = INCREMENTAL"

    /// From each version to the next; ``HubLogMigration`` does the rest.
    static let migrations: [Int: String] = [1: primers, 2: segments, 3: clocks, 4: checksums]

    static let tables = [logTables, primers, segments, clocks, checksums].joined(separator: "\n\n")

    /// One segment of the log: batches as they came, in landing order.
    static func log(_ table: String) -> String {
        """
        CREATE TABLE \(table) (
            position   INTEGER PRIMARY KEY,
            lane       INTEGER NOT NULL,
            first      INTEGER NOT NULL,   -- sequence of the batch's first event
            count      INTEGER NOT NULL,   -- events in the batch
            batch      BLOB NOT NULL,
            kept       BLOB,               -- which of them were new; NULL: all (HubLogRow.encode)
            checksum   INTEGER NOT NULL,   -- XXH64 over the columns but position (HubLogRow.checksum)
            historical INTEGER NOT NULL    -- 1: newer events of the partition had landed before
        ) STRICT;
        """
    }

    private static let segments = """
        -- The log in pieces that are dropped whole (HubLogSegments), since version 3.
        --
        -- The table of a segment is log_<first>. Dropping it writes 5 bytes of WAL per batch of 1.1 kB, a range DELETE 690:
        -- DROP never writes the leaves (measured with SQLite 3.40, auto_vacuum = INCREMENTAL).
        CREATE TABLE segments (
            first     INTEGER PRIMARY KEY, -- no position of the segment is lower, and none of another lies between
            last      INTEGER,             -- its last position; NULL: it is the one that is written to
            format    INTEGER NOT NULL,    -- version of this file when the table was made: 2 has no column historical
            before    INTEGER NOT NULL,    -- events that had landed in this log when it began
            began_ms  INTEGER NOT NULL,    -- hub's clock when it began
            began_age INTEGER NOT NULL,    -- age of the log then (HubLogAge)
            ended_ms  INTEGER,             -- hub's clock at its last landing; NULL like last
            ended_age INTEGER              -- age of the log at its last landing; NULL like last
        ) STRICT;

        -- Primers that batches of a segment name: a primer goes with the last of them.
        CREATE TABLE segment_primers (
            segment INTEGER NOT NULL,
            primer  INTEGER NOT NULL,
            PRIMARY KEY (segment, primer)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX segment_primers_of ON segment_primers (primer);
        """

    private static let checksums = """
        -- What salvage must not guess, with checksums, since version 5.
        --
        -- Over the other columns, and over what landed_ranges has of the lane (HubLogChecksum); 0: an older program wrote
        -- it, and it is not trusted in a damaged file.
        ALTER TABLE lanes ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lanes ADD COLUMN ranges INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE gaps ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;

        -- Whose lane a row of the log is of, once more.
        CREATE TABLE identities (
            lane      INTEGER PRIMARY KEY, -- id in lanes
            node      TEXT NOT NULL,
            epoch     INTEGER NOT NULL,    -- the random id, unsigned bits
            partition INTEGER NOT NULL,
            checksum  INTEGER NOT NULL     -- HubLogIdentity.checksum
        ) STRICT;
        """

    private static let clocks = """
        -- What the nodes' clocks said (ClockRecord), since version 4: looked up when events are read.
        CREATE TABLE clocks (
            epoch     INTEGER NOT NULL REFERENCES epochs (id),
            ordinal   INTEGER NOT NULL,   -- counts the records of the epoch from 1
            boot      INTEGER NOT NULL,   -- names the run of the node's kernel, unsigned bits; 0: it has no name
            uptime_ms INTEGER NOT NULL,   -- since that boot
            wall_ms   INTEGER NOT NULL,   -- what the node's clock said
            quality   INTEGER NOT NULL,   -- ClockQuality
            places    BLOB NOT NULL,      -- where it begins in each lane (ClockPlaces)
            PRIMARY KEY (epoch, ordinal)
        ) STRICT, WITHOUT ROWID;
        """

    private static let primers = """
        -- Sample events that batches of a node build on, since version 2.
        CREATE TABLE primers (
            id         INTEGER PRIMARY KEY,   -- ascending in the order in which they were published
            node       INTEGER NOT NULL REFERENCES nodes (id),
            identifier INTEGER NOT NULL,   -- PrimerIdentifier, unsigned bits
            bytes      BLOB NOT NULL,      -- as published: a batch of the samples
            used       INTEGER NOT NULL,   -- 1: a batch in the log names it, so it stays as long as that
            UNIQUE (node, identifier)
        ) STRICT;
        """

    private static let logTables = """
        -- One row per fact about the log itself. Key 'hub_id': the random id, as a signed integer; others: HubLogFacts.
        CREATE TABLE meta (
            key   TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Every node that ever landed or introduced itself.
        CREATE TABLE nodes (
            id   INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        ) STRICT;

        -- Openings of the nodes' stores.
        CREATE TABLE epochs (
            id      INTEGER PRIMARY KEY,
            node    INTEGER NOT NULL REFERENCES nodes (id),
            epoch   INTEGER NOT NULL,   -- the random id, unsigned bits
            ordinal INTEGER NOT NULL,   -- 0: not introduced yet
            store   INTEGER NOT NULL,   -- id of the store that was opened, unsigned bits; 0: not introduced yet
            UNIQUE (node, epoch)
        ) STRICT;

        -- Lanes, with what has landed of them. Written in the transaction that adds the log rows.
        CREATE TABLE lanes (
            id         INTEGER PRIMARY KEY,
            epoch      INTEGER NOT NULL REFERENCES epochs (id),
            partition  INTEGER NOT NULL,
            cumulative INTEGER NOT NULL,   -- all from 1 up to this landed or are gaps
            highest    INTEGER NOT NULL,   -- highest sequence that landed as an event
            events     INTEGER NOT NULL,   -- events landed
            last       INTEGER NOT NULL,   -- highest `last` the node has named
            ceiling    INTEGER NOT NULL,   -- highest ceiling the node has named
            closed     INTEGER NOT NULL,   -- 1: complete, or its loss is recorded
            landed_ms  INTEGER NOT NULL,   -- hub's clock at the last landing; 0: never
            UNIQUE (epoch, partition)
        ) STRICT;

        -- What landed beyond `cumulative`: disjoint, not adjacent.
        CREATE TABLE landed_ranges (
            lane  INTEGER NOT NULL REFERENCES lanes (id),
            first INTEGER NOT NULL,
            last  INTEGER NOT NULL,
            PRIMARY KEY (lane, first)
        ) STRICT, WITHOUT ROWID;

        -- Events given up.
        CREATE TABLE gaps (
            id          INTEGER PRIMARY KEY,
            lane        INTEGER NOT NULL REFERENCES lanes (id),
            first       INTEGER NOT NULL,
            last        INTEGER NOT NULL,
            reason      INTEGER NOT NULL,   -- Gap.Reason
            end_known   INTEGER NOT NULL,   -- 0: `last` is the highest number that may have been in use
            recorded_ms INTEGER NOT NULL,   -- hub's clock
            UNIQUE (lane, first, last, reason)
        ) STRICT;

        -- Up to where readers have handed events on.
        CREATE TABLE cursors (
            name     TEXT PRIMARY KEY,
            position INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
