// SPDX-License-Identifier: Apache-2.0

package import Batching

/// Which batches of packs may be sent as they are.
package struct PackTerms: Sendable, Equatable {
    /// Bytes of a batch that holds more than one event.
    package var limit: Int
    /// Primers that the hub has.
    package var primers: Set<PrimerIdentifier>
    /// Whether a batch that builds on nothing is as good as one can be.
    package var plain: Bool
    /// Bytes of all batches together, unless the first alone has more.
    package var maximumBytes: Int

    package init(limit: Int, primers: Set<PrimerIdentifier>, plain: Bool, maximumBytes: Int) {
        self.limit = limit
        self.primers = primers
        self.plain = plain
        self.maximumBytes = maximumBytes
    }

    func accept(_ header: BatchDecoder.Header, bytes: Int) -> Bool {
        guard bytes <= limit || header.count == 1 else { return false }
        return header.primer.map(primers.contains) ?? plain
    }
}
