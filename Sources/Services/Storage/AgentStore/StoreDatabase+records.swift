// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreDatabase {
    /// What format 5 has beyond format 4.
    func addRecords() throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_05_records_sql, as: UTF8.self))
    }

    /// Adds, replaces and removes records.
    func apply(_ changes: [StateChange]) throws(SQLiteError) {
        guard !changes.isEmpty else { return }
        let put = try connection.prepare("INSERT OR REPLACE INTO records (number, body) VALUES (?1, ?2)")
        let remove = try connection.prepare("DELETE FROM records WHERE number = ?1")
        for change in changes {
            switch change {
            case .put(let record):
                let body = withUnsafeBytes(of: Self.checksum(of: record).bigEndian, Array.init) + record.body
                put.bind(record.number, at: 1)
                put.bind(body.span.bytes, at: 2)
                try put.run()
            case .remove(let number):
                remove.bind(number, at: 1)
                try remove.run()
            }
        }
    }

    /// The records whose checksum is right, as far as the table can be read.
    ///
    /// - Returns: those, and how many were not.
    func loadRecords() throws(SQLiteError) -> (records: [StateRecord], damaged: Int) {
        // A store that only an older program wrote has no such table.
        guard try connection.integer("PRAGMA user_version") ?? 0 > 4 else { return ([], 0) }
        let rows = try connection.prepare("SELECT number, body FROM records ORDER BY number")
        var (records, damaged): ([StateRecord], Int) = ([], 0)
        do throws(SQLiteError) {
            while try rows.step() {
                let found = rows.withBlob(1) { body -> (UInt64, [UInt8])? in
                    guard body.count >= 8 else { return nil }
                    return (UInt64(bigEndian: body.loadUnaligned(as: UInt64.self)), Array(body[8...]))
                }
                guard let (checksum, body) = found else {
                    damaged += 1
                    continue
                }
                let record = StateRecord(number: rows.unsigned(0), body: body)
                if Self.checksum(of: record) == checksum { records.append(record) } else { damaged += 1 }
            }
        } catch {
            guard error.isDamage else { throw error }
            damaged += 1
        }
        return (records, damaged)
    }

    private static func checksum(of record: StateRecord) -> UInt64 {
        record.body.withUnsafeBytes { XXHash64.hash($0, seed: record.number) }
    }
}
