-- SPDX-License-Identifier: Apache-2.0
-- The agent's store, format 1. Beside these tables there is one table per segment, made and dropped by the writer:
--   CREATE TABLE segment_N (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT
-- Unsigned 64-bit numbers (ids, sequences) are kept as the signed integer with the same bits.

-- What this store is; one row.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id INTEGER NOT NULL, -- random, made once; a copy of the file has the same
    node TEXT NOT NULL         -- the name made from host and store id, for openings that give none
) STRICT;

-- One row per opening for writing.
CREATE TABLE epochs (
    ordinal INTEGER PRIMARY KEY, -- counts openings; epochs drain in this order
    id INTEGER NOT NULL UNIQUE,  -- random
    node TEXT NOT NULL,          -- the node's name in this epoch
    fingerprint TEXT NOT NULL    -- what decided the lane of a topic
) STRICT;

-- One gapless sequence of events each.
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,      -- epochs.ordinal
    partition INTEGER NOT NULL,  -- slot * 3 + class
    last INTEGER NOT NULL,       -- at least this was given out; what segments and gaps hold may be higher
    ceiling INTEGER NOT NULL,    -- nothing above this was ever given out
    UNIQUE (epoch, partition)
) STRICT;

-- One row per segment table.
CREATE TABLE segments (
    id INTEGER PRIMARY KEY,        -- the N in segment_N
    lane INTEGER NOT NULL,         -- lanes.id
    first INTEGER NOT NULL,        -- sequence of its first row
    last INTEGER,                  -- of its last; null while rows are being added
    row_bytes INTEGER NOT NULL,    -- of all bodies, once sealed
    event_bytes INTEGER NOT NULL,  -- of topics, attributes and payloads, once sealed
    first_ms INTEGER NOT NULL      -- when its first event was taken
) STRICT;

-- Events given up that the hub has not acknowledged yet.
CREATE TABLE gaps (
    lane INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason INTEGER NOT NULL,     -- Gap.Reason
    end_known INTEGER NOT NULL,  -- 0: last is the highest number that may have been in use
    PRIMARY KEY (lane, first)
) STRICT, WITHOUT ROWID;

-- Events given up since the store was made.
CREATE TABLE gap_totals (
    class INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (class, reason)
) STRICT, WITHOUT ROWID;

-- What each hub has acknowledged.
CREATE TABLE acks (
    lane INTEGER NOT NULL,
    hub INTEGER NOT NULL,
    cumulative INTEGER NOT NULL, -- all up to this
    ranges BLOB NOT NULL,        -- and these beyond it: first and last as eight bytes each, big-endian
    PRIMARY KEY (lane, hub)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
