// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Opens any bytes as a batch; what opens must stay within the bound, and encode and open again to the same events.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let batch = UnsafeRawBufferPointer(start: bytes, count: count).bytes
    guard let block = open(batch) else { return 0 }
    precondition(block.bytes.count <= maximumBytes)
    var encoder = BatchEncoder(limit: 1_160)
    var again: [UInt8] = []
    let events = encoder.encode(block, from: 0, into: &again)
    guard let reopened = open(again.span.bytes) else { fatalError("what was encoded does not open") }
    precondition(reopened.count == events)
    precondition(block.bytes.starts(with: reopened.bytes))
    for index in 0..<events { precondition(reopened.records[index].timestamp == block.records[index].timestamp) }
    return 0
}

private let maximumBytes = 65_536

private func open(_ batch: RawSpan) -> EventBlock? {
    var decoder = BatchDecoder()
    var block = EventBlock()
    do throws(BatchFault) {
        try decoder.decode(batch, maximumBytes: maximumBytes, into: &block)
        return block
    } catch {
        return nil
    }
}
