// SPDX-License-Identifier: Apache-2.0

/// A line is not the JSON object that was expected.
package struct MalformedLine: Error, Equatable {
    /// Byte in the line where reading stopped.
    package var position: Int

    package init(at position: Int) {
        self.position = position
    }
}
