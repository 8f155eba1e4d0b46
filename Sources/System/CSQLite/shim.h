// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

// Nothing at address 0, as an empty buffer of Swift's may be, would be bound as NULL instead of as an empty value
// (https://sqlite.org/c3ref/bind_blob.html).
static inline const void *sluice_present(const void *bytes) { return bytes ? bytes : ""; }

// SQLITE_STATIC and SQLITE_TRANSIENT are casts of integers to function pointers, which Swift does not import.
static inline int sluice_bind_blob_transient(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, sluice_present(bytes), count, SQLITE_TRANSIENT);
}

static inline int sluice_bind_blob_static(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, sluice_present(bytes), count, SQLITE_STATIC);
}

static inline int sluice_bind_text_transient(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, (const char *)sluice_present(text), count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

// A function with a variable number of arguments, which Swift does not import.
static inline int sluice_set_checkpoint_on_close(sqlite3 *database, int on) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, (int *)0);
}
