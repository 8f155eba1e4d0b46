-- SPDX-License-Identifier: Apache-2.0
-- Format 3: what the clocks said while events were taken.

-- Clock records (ClockRecord): what corrects the times of events, and what their age is measured with.
CREATE TABLE clocks (
    epoch INTEGER NOT NULL,      -- epochs.ordinal
    ordinal INTEGER NOT NULL,    -- counts the records of the epoch from 1
    boot INTEGER NOT NULL,       -- names the run of the kernel; 0: it has no name
    uptime_ms INTEGER NOT NULL,  -- since that boot, time in suspend included
    wall_ms INTEGER NOT NULL,    -- since 1970
    quality INTEGER NOT NULL,    -- ClockQuality
    places BLOB NOT NULL,        -- where it begins: partition as four bytes, first sequence as eight, big-endian
    running_ms INTEGER NOT NULL, -- RunningTime
    hub INTEGER NOT NULL,        -- the last hub that has it; 0: none
    PRIMARY KEY (epoch, ordinal)
) STRICT, WITHOUT ROWID;

-- Where the running time had come without a record, now and then; one row at most.
CREATE TABLE running (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    running_ms INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 3;
