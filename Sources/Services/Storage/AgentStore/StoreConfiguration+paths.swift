// SPDX-License-Identifier: Apache-2.0

extension StoreConfiguration {
    /// The database.
    var databasePath: String { directory + "/store.db" }

    /// The file that remembers how far each lane had come.
    var ceilingPath: String { directory + "/ceiling" }
}
