-- SPDX-License-Identifier: Apache-2.0
-- Format 5: what services keep beside the events, in the same commits; the store does not look into it.

CREATE TABLE records (
    number INTEGER PRIMARY KEY,  -- given by whoever keeps the record
    body BLOB NOT NULL           -- checksum (8 bytes, XXH64 of the rest, seeded with the number), then the record
) STRICT;

PRAGMA user_version = 5;
