-- SPDX-License-Identifier: Apache-2.0
-- Format 4: what waits for long is packed into batches. A segment is then a table of another kind, made by the writer:
--   CREATE TABLE pack_N (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT
-- One row for each batch, under the sequence of its first event; row 0 is the primer that they name, if they do.

-- Null: rows in segment_N. Else batches in pack_N, which came from this segment first: how old it is beside others.
ALTER TABLE segments ADD COLUMN packed_from INTEGER;

PRAGMA user_version = 4;
