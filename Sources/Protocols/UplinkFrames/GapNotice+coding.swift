// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore

extension GapNotice {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(first)
        buffer.writeVarint(last >= first ? last - first : 0)
        buffer.writeInteger(reason.rawValue)
        buffer.writeInteger(UInt8(endKnown ? 1 : 0))
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let range = try buffer.readRange()
        let number = try buffer.readByte("reason")
        guard let reason = Gap.Reason(rawValue: number) else { throw .malformed("gap for reason \(number)") }
        self.init(
            first: range.lowerBound,
            last: range.upperBound,
            reason: reason,
            endKnown: try buffer.readFlag("end known")
        )
    }
}
