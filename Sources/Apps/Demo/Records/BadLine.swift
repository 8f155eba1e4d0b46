// SPDX-License-Identifier: Apache-2.0

/// A line of a file is not the JSON object that was expected.
package struct BadLine: Error, Equatable, CustomStringConvertible {
    package var path: String
    /// Counted from 1, empty lines included.
    package var line: Int
    /// Byte in the line where reading stopped, from 0.
    package var position: Int

    package var description: String {
        "\(path), line \(line): not the JSON object that is expected here, from byte \(position + 1) on"
    }
}
