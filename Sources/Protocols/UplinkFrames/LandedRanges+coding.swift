// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore

extension LandedRanges {
    func encode(into buffer: inout ByteBuffer) {
        // Through the set, so that distances cannot be negative whatever the caller put into `ranges`.
        let set = ranges.isEmpty ? nil : sequences
        buffer.writeVarint(set?.cumulative ?? cumulative)
        let beyond = set?.beyond.prefix(Self.maximumRanges) ?? []
        buffer.writeVarint(UInt64(beyond.count))
        var end = set?.cumulative ?? cumulative
        for range in beyond {
            buffer.writeVarint(range.lowerBound - end - 2)
            buffer.writeVarint(range.upperBound - range.lowerBound)
            end = range.upperBound
        }
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        self.init(cumulative: try buffer.readVarint("cumulative"))
        let count = try buffer.readCount("range count", limit: Self.maximumRanges, minimumBytes: 2)
        var end = cumulative
        for _ in 0..<count {
            let skip = try buffer.readVarint("range start").addingReportingOverflow(2)
            let first = end.addingReportingOverflow(skip.partialValue)
            let last = first.partialValue.addingReportingOverflow(try buffer.readVarint("range length"))
            guard !skip.overflow, !first.overflow, !last.overflow else {
                throw .malformed("a range ends beyond 64 bits")
            }
            ranges.append(first.partialValue...last.partialValue)
            end = last.partialValue
        }
    }
}
