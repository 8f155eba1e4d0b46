-- SPDX-License-Identifier: Apache-2.0
-- Format 2: sample events that the agent's batches build on.

-- The last two primers.
CREATE TABLE primers (
    id INTEGER PRIMARY KEY,     -- ascending: the newest last
    identifier INTEGER NOT NULL, -- PrimerIdentifier
    bytes BLOB NOT NULL          -- as published: a batch of the samples
) STRICT;

PRAGMA user_version = 2;
