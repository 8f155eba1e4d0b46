// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Opens any bytes as a batch; what opens must stay within the bound, can be explained, and encodes and opens again to the
/// same events.
///
/// The first byte says what it is: 0 to 15 what follows the header of a batch on a primer, 32 to 47 a primer, else a batch.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    switch input[0] {
    case 0x00...0x0F: check(onPrimer(input), primer: samplePrimer)
    case 0x20...0x2F: checkPrimer(Array(input[1...]))
    default: check(input, primer: nil)
    }
    return 0
}

private let maximumBytes = 65_536

/// A primer of a few events of each kind.
private let samplePrimer: Primer? = {
    var samples = EventBlock()
    for index in 0..<40 {
        let payload =
            switch index % 4 {
            case 0:
                Array("{\"ts\":\(1_700_000_000_000 + index * 1_000),\"v\":\(index).50,\"id\":\"dev\(index % 3)\"}".utf8)
            case 1: [0, UInt8(index), 0xFF, UInt8(index & 3)]
            case 2: Array("!AIVDM,1,1,,B,,0*25".utf8)
            default: Array("0.30000000000000004 word\(index)".utf8)
            }
        samples.append(
            sequence: UInt64(index + 1),
            timestamp: 1_700_000_000_000 + Int64(index) * 1_000,
            topic: "site/\(index % 4)",
            payload: payload
        )
    }
    var trainer = PrimerTrainer(limit: 16_384)
    trainer.observe(samples, 0..<samples.count)
    return trainer.makePrimer()
}()

/// A header that names the primer, with what the input has for the rest.
private func onPrimer(_ input: [UInt8]) -> [UInt8] {
    guard let samplePrimer, input.count > 2 else { return [] }
    let identifier = samplePrimer.identifier.rawValue
    let name = (0..<8).map { UInt8(truncatingIfNeeded: identifier >> (8 * $0)) }
    return [0x18 | input[0] & 3, 1, max(input[1] & 0x7F, 1), 0] + name + input[2...]
}

private func check(_ batch: [UInt8], primer: Primer?) {
    let opened = open(batch, primer)
    checkExplanation(batch, primer, opened)
    guard let block = opened else { return }
    precondition(block.bytes.count <= maximumBytes)
    var encoder = BatchEncoder(limit: 1_160, primer: primer)
    var again: [UInt8] = []
    let events = encoder.encode(block, from: 0, into: &again)
    guard let reopened = open(again, primer) else { fatalError("what was encoded does not open") }
    precondition(reopened.count == events)
    precondition(block.bytes.starts(with: reopened.bytes))
    for index in 0..<events { precondition(reopened.records[index].timestamp == block.records[index].timestamp) }
}

/// What opens can be explained, to the bit; what does not open cannot.
private func checkExplanation(_ batch: [UInt8], _ primer: Primer?, _ opened: EventBlock?) {
    var decoder = BatchDecoder()
    var block = EventBlock()
    do throws(BatchDamage) {
        let explanation = try decoder.explain(
            batch.span.bytes,
            primer: primer,
            maximumBytes: maximumBytes,
            into: &block
        )
        precondition(block.bytes == opened?.bytes)
        let sizes = explanation.sizes
        precondition(sizes.header + sizes.body + sizes.codes == batch.count)
        let bits = explanation.columns.reduce(0) { $0 + $1.count.bits } + explanation.paddingBits
        precondition(bits == 8 * (explanation.isColumns ? sizes.codes : sizes.unpacked))
    } catch {
        precondition(opened == nil && !error.description.isEmpty)
    }
}

/// What opens as a primer must serve as one.
private func checkPrimer(_ bytes: [UInt8]) {
    guard let primer = try? Primer(bytes: bytes), let samples = open(bytes, nil) else { return }
    var encoder = BatchEncoder(limit: 1_160, primer: primer)
    var batch: [UInt8] = []
    let events = encoder.encode(samples, from: 0, into: &batch)
    guard let reopened = open(batch, primer) else { fatalError("what was encoded does not open") }
    precondition(reopened.count == events && samples.bytes.starts(with: reopened.bytes))
}

private func open(_ batch: [UInt8], _ primer: Primer?) -> EventBlock? {
    var decoder = BatchDecoder()
    var block = EventBlock()
    do throws(BatchFault) {
        try decoder.decode(batch.span.bytes, primer: primer, maximumBytes: maximumBytes, into: &block)
        return block
    } catch {
        return nil
    }
}
