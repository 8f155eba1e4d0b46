// SPDX-License-Identifier: Apache-2.0

package import Batching

/// A batch as it lies in a pack.
package struct PackedBatch: Sendable, Equatable {
    /// Its events.
    package var range: ClosedRange<UInt64>
    /// The primer that it names.
    package var primer: PrimerIdentifier?
    package var bytes: [UInt8]

    package init(range: ClosedRange<UInt64>, primer: PrimerIdentifier?, bytes: [UInt8]) {
        self.range = range
        self.primer = primer
        self.bytes = bytes
    }
}
