// SPDX-License-Identifier: Apache-2.0

/// A server showed another key than those that are trusted.
package struct PinFault: Error, Equatable {
    /// The pin of the key that it showed; nil where it showed none.
    package var shown: String?
}
