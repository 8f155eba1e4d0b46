// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension PrimerRefusal {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(reason.rawValue)
        buffer.writeText(text)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let number = try buffer.readByte("reason")
        guard let reason = Reason(rawValue: number) else { throw .malformed("primer refused for reason \(number)") }
        self.init(reason: reason, text: try buffer.readText("text"))
    }
}
