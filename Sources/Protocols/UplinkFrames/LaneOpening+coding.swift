// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore

extension LaneOpening {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(handle)
        buffer.writeInteger(lane.epoch)
        buffer.writeVarint(lane.partition.number)
        buffer.writeVarint(ordinal)
        buffer.writeVarint(ceiling)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        self.init(
            handle: try buffer.readVarint32("handle"),
            lane: Lane(
                epoch: try buffer.readFixed64("lane's epoch"),
                partition: Partition(number: try buffer.readVarint32("partition"))
            ),
            ordinal: try buffer.readVarint("lane's ordinal"),
            ceiling: try buffer.readVarint("ceiling")
        )
    }
}
