// SPDX-License-Identifier: Apache-2.0

package import Events

/// Turns events of one lane into self-contained batches that fit a packet.
///
/// Holds scratch memory only: what comes out depends on the events and the limit, never on an earlier batch.
package struct BatchEncoder: ~Copyable {
    /// Batches are made to be at most this long, in bytes, header included.
    package let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    /// Encodes as many events as fit, beginning at `start`; always at least one.
    ///
    /// The events must carry consecutive sequences; encoding stops before the first that does not. A single event that
    /// does not fit becomes a batch of its own that is longer than ``limit``.
    ///
    /// - Returns: how many events went in; the batch is appended to `output`.
    package mutating func encode(_ block: EventBlock, from start: Int, into output: inout [UInt8]) -> Int {
        0
    }
}
