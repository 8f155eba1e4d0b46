// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension SQLiteConnection {
    /// The row id of the last INSERT (https://sqlite.org/c3ref/last_insert_rowid.html).
    var newestRow: Int64 { sqlite3_last_insert_rowid(handle) }
}
