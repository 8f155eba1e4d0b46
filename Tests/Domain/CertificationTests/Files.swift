// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes a file for openssl to read.
func write(_ text: String, _ path: String) throws {
    guard let file = fopen(path, "w") else { throw Fixture.Unreadable() }
    defer { fclose(file) }
    fputs(text, file)
}
