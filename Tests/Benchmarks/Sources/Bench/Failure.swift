// SPDX-License-Identifier: Apache-2.0

/// Why a measurement could not be taken.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
