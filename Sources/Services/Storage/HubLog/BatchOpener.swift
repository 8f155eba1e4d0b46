// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events

/// Decodes one stored batch, with the primer that it names where that is at hand, and appends its events to the block;
/// returns what is wrong with it, or nil.
package typealias BatchOpener = (_ batch: [UInt8], _ primer: Primer?, _ block: inout EventBlock) -> BatchFault?

/// Makes batch openers, one per reader, because a decoder keeps scratch memory.
package struct BatchOpening: Sendable {
    /// Decoded bytes that one stored batch may need; landed batches were within the hub's tighter limit already.
    private static let maximumBytes = 256 << 20

    /// Makes one opener, which stays on the thread of its reader.
    package var make: @Sendable () -> BatchOpener

    package init(make: @escaping @Sendable () -> BatchOpener) {
        self.make = make
    }

    /// Opens what ``Batching/BatchEncoder`` makes.
    package static let standard = BatchOpening {
        let scratch = Scratch()
        return { batch, primer, block in
            do throws(BatchFault) {
                try scratch.decoder.decode(
                    batch.span.bytes,
                    primer: primer,
                    maximumBytes: maximumBytes,
                    into: &block
                )
                return nil
            } catch {
                return error
            }
        }
    }

    private final class Scratch {
        var decoder = BatchDecoder()
    }
}
