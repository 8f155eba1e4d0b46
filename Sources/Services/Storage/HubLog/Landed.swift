// SPDX-License-Identifier: Apache-2.0

package import Events

/// What a landing did.
package struct Landed: Sendable, Equatable {
    /// All sequences of the lane that have landed or are gaps, after the commit.
    package var sequences: SequenceSet
    /// Events of this batch that were new.
    package var new: Int
    /// Events of this batch that had landed before.
    package var repeated: Int

    package init(sequences: SequenceSet, new: Int, repeated: Int) {
        self.sequences = sequences
        self.new = new
        self.repeated = repeated
    }
}
