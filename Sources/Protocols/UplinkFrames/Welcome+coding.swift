// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension Welcome {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(version)
        buffer.writeInteger(hubID)
        buffer.writeVarint(hubEpoch)
        buffer.writeVarint(maximumEventBytes)
        buffer.writeVarint(credit)
        let landed = landed.prefix(FrameLimits.lanes)
        buffer.writeVarint(UInt64(landed.count))
        for ranges in landed { ranges.encode(into: &buffer) }
        guard version >= 2 else { return }
        buffer.writeVarint(maximumPrimerBytes)
        buffer.writeIdentifiers(primers.prefix(FrameLimits.primers))
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let version = try buffer.readVarint32("version")
        guard Hello.versions.contains(version) else { throw .unsupported("frame version \(version)") }
        self.init(
            version: version,
            hubID: try buffer.readFixed64("hub id"),
            hubEpoch: try buffer.readVarint("hub epoch"),
            maximumEventBytes: try buffer.readVarint("largest event"),
            credit: try buffer.readVarint("credit"),
            landed: []
        )
        let count = try buffer.readCount("lane count", limit: FrameLimits.lanes, minimumBytes: 2)
        landed.reserveCapacity(count)
        for _ in 0..<count { landed.append(try LandedRanges(decoding: &buffer)) }
        guard version >= 2 else { return }
        maximumPrimerBytes = try buffer.readVarint("largest primer")
        primers = try buffer.readIdentifiers("primer count", limit: FrameLimits.primers)
    }
}
