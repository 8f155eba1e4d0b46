// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension Part {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(assembly)
        buffer.writeVarint(offset)
        buffer.writeVarint(total)
        buffer.writeBytes(bytes)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        self.init(
            assembly: try buffer.readVarint("assembly"),
            offset: try buffer.readVarint("offset"),
            total: try buffer.readVarint("total"),
            bytes: buffer.readRest()
        )
    }
}
