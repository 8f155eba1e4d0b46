// SPDX-License-Identifier: Apache-2.0

import Events

@testable import Storage

/// Reads the bytes as attributes of an event, as the places of a clock record, and as the body of a row and of a pack that
/// bear the right checksum.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: bytes, count: count)
    checkAttributes(input)
    if let places = ClockPlaces.decode(input) { precondition(ClockPlaces.encode(places).elementsEqual(input)) }
    _ = RowFormat.decode(input, sequence: sequence)
    guard count > 4 else { return 0 }
    var body = Array(input)
    let hash = XXHash64.hash(UnsafeRawBufferPointer(rebasing: input[4...]), seed: sequence)
    body.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(truncatingIfNeeded: hash).bigEndian, as: UInt32.self) }
    body.withUnsafeBytes(checkRow)
    checkPack(input)
    return 0
}

private let sequence: UInt64 = 7

private func checkAttributes(_ input: UnsafeRawBufferPointer) {
    guard let attributes = try? EventAttributes(decoding: input) else { return }
    let encoded = attributes.encoded()
    precondition(encoded.count <= input.count)
    guard let again = try? EventAttributes(decoding: encoded) else { fatalError("own attributes do not decode") }
    precondition(again == attributes)
}

private func checkRow(_ body: UnsafeRawBufferPointer) {
    guard let row = RowFormat.decode(body, sequence: sequence) else { return }
    precondition(row.all.lowerBound <= RowFormat.maximumHead && row.all.upperBound == body.count)
    let event = UnsafeRawBufferPointer(rebasing: body[row.all])
    let topic = event[..<row.topicLength]
    let attributes = event[row.topicLength..<row.topicLength + row.attributesLength]
    let payload = event[(row.topicLength + row.attributesLength)...]
    var block = EventBlock()
    block.append(
        timestamp: row.timestamp,
        topic: UnsafeRawBufferPointer(rebasing: topic).bytes,
        attributes: UnsafeRawBufferPointer(rebasing: attributes).bytes,
        payload: UnsafeRawBufferPointer(rebasing: payload).bytes
    )
    var again = [UInt8](repeating: 0, count: RowFormat.maximumHead + event.count)
    again.withUnsafeMutableBytes { output in
        let length = RowFormat.encode(block.records[0], of: event, lane: row.lane, sequence: sequence, to: output)
        let encoded = UnsafeRawBufferPointer(rebasing: output[..<length])
        guard let reread = RowFormat.decode(encoded, sequence: sequence) else { fatalError("an own row is refused") }
        precondition(reread.lane == row.lane && reread.timestamp == row.timestamp)
        precondition(reread.topicLength == row.topicLength && reread.attributesLength == row.attributesLength)
        precondition(encoded[reread.all].elementsEqual(event))
    }
}

private func checkPack(_ input: UnsafeRawBufferPointer) {
    for key in [sequence, PackFormat.primerKey] {
        _ = PackFormat.decode(input, key: key)
        var bytes = Array(input)
        let hash = XXHash64.hash(UnsafeRawBufferPointer(rebasing: input[4...]), seed: ~key)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(truncatingIfNeeded: hash).bigEndian, as: UInt32.self) }
        guard let body = bytes.withUnsafeBytes({ PackFormat.decode($0, key: key) }) else { continue }
        precondition(body.content.upperBound == bytes.count && (body.count == 0) == (key == PackFormat.primerKey))
        let again = PackFormat.encode(Array(bytes[body.content]), count: body.count, lane: body.lane, key: key)
        guard let reread = again.withUnsafeBytes({ PackFormat.decode($0, key: key) }) else {
            fatalError("an own pack is refused")
        }
        precondition(reread.lane == body.lane && reread.count == body.count)
        precondition(again[reread.content] == bytes[body.content])
    }
}
