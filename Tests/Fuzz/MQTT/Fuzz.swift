// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// Reads all bytes but the first as packets of either version; the first says where a network would have cut them.
///
/// How the bytes were cut must not matter, a packet must encode and decode again to itself, and a server and a client
/// must bear any order of packets. The bytes are read as a record of the broker, too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let stream = UnsafeBufferPointer(start: bytes + 1, count: count - 1)
    _ = PeerGuess.notMQTT(stream)
    for version in [MQTTVersion.v311, .v5] {
        let whole = Reception(of: [ByteBuffer(bytes: stream)], version)
        let cut = Int(bytes[0]) % stream.count
        let pieces = [ByteBuffer(bytes: stream[..<cut]), ByteBuffer(bytes: stream[cut...])]
        precondition(Reception(of: pieces, version) == whole)
        for packet in whole.packets { checkRoundTrip(of: packet, version) }
        tryServer(whole, version)
        tryClient(whole, version)
    }
    // What is read as a record of the broker at all is written as the same bytes.
    let record = Array(stream)
    if let read = BrokerRecord(record) { precondition(read.encoded() == record) }
    return 0
}

/// What came out of a decoder.
struct Reception: Equatable {
    var packets: [Packet] = []
    var fault: MQTTFault?
    var rest = ByteBuffer()

    init(of pieces: [ByteBuffer], _ version: MQTTVersion, maximumPacketBytes: Int = 4_096) {
        let decoder = PacketDecoder(version: version, maximumPacketBytes: maximumPacketBytes)
        do throws(MQTTFault) {
            for piece in pieces {
                rest.writeImmutableBuffer(piece)
                while let packet = try decoder.next(from: &rest) { packets.append(packet) }
            }
        } catch {
            fault = error
            rest.clear()
        }
    }
}

private func checkRoundTrip(of packet: Packet, _ version: MQTTVersion) {
    // CONNECT names its own version, whatever was expected.
    var version = version
    if case .connect(let connect) = packet { version = connect.version }
    var encoded = ByteBuffer()
    packet.encode(into: &encoded, version: version)
    let again = Reception(of: [encoded], version)
    precondition(again.packets == [packet] && again.rest.readableBytes == 0)
}
