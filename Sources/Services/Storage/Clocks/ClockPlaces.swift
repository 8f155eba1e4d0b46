// SPDX-License-Identifier: Apache-2.0

import Events

/// Where a clock record begins, as both databases keep it: per lane the partition in four bytes and the first sequence in
/// eight, big-endian.
enum ClockPlaces {
    private static let width = 12

    static func encode(_ places: [ClockRecord.Place]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(places.count * width)
        for place in places {
            withUnsafeBytes(of: place.partition.number.bigEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: place.first.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Nil when the bytes are not what ``encode(_:)`` makes.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [ClockRecord.Place]? {
        guard bytes.count.isMultiple(of: width) else { return nil }
        return stride(from: 0, to: bytes.count, by: width).map { offset in
            let number = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let first = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt64.self))
            return ClockRecord.Place(partition: Partition(number: number), first: first)
        }
    }
}
