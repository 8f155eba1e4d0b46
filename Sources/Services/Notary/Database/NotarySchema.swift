// SPDX-License-Identifier: Apache-2.0

/// The tables of `provenance.db`, beside the hub's log.
enum NotarySchema {
    static let version = 1

    static let tables = """
        -- 'log_id': names the tree in its origin, unsigned bits. 'position': of the hub's log, up to which events are in it.
        CREATE TABLE meta (
            key   TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Subtrees of 2^8, 2^16, 2^24 ... leaves that are complete.
        CREATE TABLE subtrees (
            level  INTEGER NOT NULL,
            number INTEGER NOT NULL,   -- among those of its level, from 0
            hash   BLOB NOT NULL,
            PRIMARY KEY (level, number)
        ) STRICT, WITHOUT ROWID;

        -- Where the leaves of a subtree of 256 come from.
        CREATE TABLE chunks (
            number   INTEGER PRIMARY KEY,
            position INTEGER NOT NULL,   -- row of the hub's log that its first event is of
            skip     INTEGER NOT NULL,   -- events of that row before it
            marks    BLOB NOT NULL       -- first four bytes of each leaf's hash
        ) STRICT;

        -- The leaves behind the last complete subtree of 256; one row.
        CREATE TABLE tail (
            id       INTEGER PRIMARY KEY CHECK (id = 1),
            position INTEGER NOT NULL,   -- as in chunks
            skip     INTEGER NOT NULL,
            leaves   BLOB NOT NULL       -- their hashes, whole
        ) STRICT;

        -- Signed notes: the newest, and the last one of each hour before it.
        CREATE TABLE checkpoints (
            size    INTEGER PRIMARY KEY,   -- leaves
            made_ms INTEGER NOT NULL,      -- the hub's clock
            note    TEXT NOT NULL
        ) STRICT;
        """
}
