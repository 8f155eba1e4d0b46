// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events

/// What a landing did.
package struct Landed: Sendable, Equatable {
    /// All sequences of the lane that have landed or are gaps, after the commit.
    package var sequences: SequenceSet
    /// Events of this batch that were new.
    package var new: Int
    /// Events of this batch that had landed before.
    package var repeated: Int

    /// Nothing landed, because the batch names this primer and the log does not have it.
    package var primerWanted: PrimerIdentifier?

    package init(sequences: SequenceSet, new: Int, repeated: Int, primerWanted: PrimerIdentifier? = nil) {
        self.sequences = sequences
        self.new = new
        self.repeated = repeated
        self.primerWanted = primerWanted
    }
}
