// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension Rejection {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(first)
        buffer.writeVarint(last >= first ? last - first : 0)
        buffer.writeInteger(reason.rawValue)
        buffer.writeText(text)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let range = try buffer.readRange()
        let number = try buffer.readByte("reason")
        guard let reason = Reason(rawValue: number) else { throw .malformed("reject for reason \(number)") }
        self.init(
            first: range.lowerBound,
            last: range.upperBound,
            reason: reason,
            text: try buffer.readText("text")
        )
    }
}
