// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import TestSupport
import Testing

@Suite struct RoundTripTests {
    private static let versions: [MQTTVersion] = [.v311, .v5]

    @Test(arguments: versions, 0..<15) func `every packet comes back whole and split at every byte`(
        version: MQTTVersion,
        kind: Int
    ) throws {
        let seed = UInt64(kind) + 1
        var generator = SeededGenerator(seed: seed)
        let decoder = PacketDecoder(version: version, maximumPacketBytes: 1 << 20)
        for _ in 0..<30 {
            let packet = Packet.random(kind: kind, version: version, using: &generator)
            var bytes = ByteBuffer()
            packet.encode(into: &bytes, version: version)
            for length in 0..<bytes.readableBytes {
                var part = try #require(bytes.getSlice(at: 0, length: length))
                #expect(try decoder.next(from: &part) == nil, "seed \(seed), \(length) bytes of \(packet)")
                #expect(part.readableBytes == length)
            }
            var whole = bytes
            whole.writeInteger(UInt8(0xFF))
            #expect(try decoder.next(from: &whole) == packet, "seed \(seed)")
            #expect(whole.readableBytes == 1)
        }
    }

    @Test(arguments: versions) func `changed bytes decode to something or fail with a fault`(version: MQTTVersion) {
        let seed: UInt64 = 42
        var generator = SeededGenerator(seed: seed)
        let decoder = PacketDecoder(version: version, maximumPacketBytes: 1 << 16)
        var decoded = 0
        var faults = 0
        for round in 0..<20_000 {
            var bytes = ByteBuffer()
            Packet.random(kind: round, version: version, using: &generator).encode(into: &bytes, version: version)
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.readableBytes, using: &generator)
                bytes.setInteger(UInt8.random(in: 0...255, using: &generator), at: index)
            }
            do throws(MQTTFault) {
                if let packet = try decoder.next(from: &bytes) {
                    // What was decoded can be encoded again, and means the same.
                    var again = ByteBuffer()
                    packet.encode(into: &again, version: version)
                    let twice = try PacketDecoder(version: version, maximumPacketBytes: 1 << 20).next(from: &again)
                    #expect(twice == packet, "seed \(seed), round \(round)")
                    decoded += 1
                }
            } catch {
                #expect(error.reason.isFailure)
                faults += 1
            }
        }
        #expect(decoded > 1_000 && faults > 1_000)
    }
}
