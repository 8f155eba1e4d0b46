// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Storage

/// What a ``BatchRequest`` brought.
package struct BatchAnswer: Sendable {
    package enum Outcome: Sendable {
        /// Ready to be sent, in order; empty when what there is does not fill a batch yet.
        case parcels([Parcel])
        /// Nothing has been given that sequence yet.
        case end
        case failed(StoreError)
    }

    package var request: BatchRequest
    package var outcome: Outcome
    /// Encoded bytes and events of what was encoded, sent or held back: tells how many events fill a batch.
    package var encodedBytes = 0
    package var encodedEvents = 0
    /// How many events there are that a primer could be made of.
    package var samples = PrimerTrainer.Supply.scarce
    /// The primer that was asked for, if one can be made.
    package var primer: Primer?

    package init(_ request: BatchRequest, _ outcome: Outcome) {
        self.request = request
        self.outcome = outcome
    }
}
