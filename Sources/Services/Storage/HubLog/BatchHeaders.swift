// SPDX-License-Identifier: Apache-2.0

import Batching

/// Reads what stored batches say of themselves; one per thread, because a decoder keeps scratch memory.
final class BatchHeaders {
    private let decoder = BatchDecoder()

    /// The primer that a batch names; nil where it names none, or is no batch.
    func primer(of batch: [UInt8]) -> PrimerIdentifier? {
        do throws(BatchFault) {
            return try decoder.header(batch.span.bytes).primer
        } catch {
            return nil
        }
    }
}
