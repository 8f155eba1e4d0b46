// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// The packets of one direction of a connection.
struct TrialStream {
    var decoder: PacketDecoder
    private(set) var fault: MQTTFault?
    private var rest = ByteBuffer()

    init(maximumPacketBytes: Int) {
        decoder = PacketDecoder(maximumPacketBytes: maximumPacketBytes)
    }

    /// Whether it is between two packets.
    var isWhole: Bool { fault == nil && rest.readableBytes == 0 }

    /// The packets that are complete with these bytes; none after a fault.
    mutating func take(_ bytes: ByteBuffer) -> [Packet] {
        guard fault == nil else { return [] }
        rest.writeImmutableBuffer(bytes)
        var packets: [Packet] = []
        do throws(MQTTFault) {
            while let packet = try decoder.next(from: &rest) {
                if case .connect(let connect) = packet { decoder.version = connect.version }
                packets.append(packet)
            }
        } catch {
            fault = error
        }
        return packets
    }
}
