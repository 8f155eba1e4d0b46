// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Sealing
import TestSupport
import Testing
import UplinkFrames

/// One frame of each kind with the bytes that it has had since its frame version.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let frame: Frame
    /// Hexadecimal; blanks between fields.
    let golden: String

    var testDescription: String { name }

    static let all: [Sample] = [
        Sample(
            name: "hello",
            frame: .hello(hello),
            golden: """
                01 01 02 6731 0102030405060708 1112131415161718 03 2122232425262728 02 \
                1112131415161718 04 03 00 e807 c801 8008 \
                3132333435363738 01 02 01 03 6f6c64 07 09 8080808010 d32caa5b
                """
        ),
        Sample(
            name: "welcome",
            frame: .welcome(
                Welcome(
                    version: 1,
                    hubID: 0x0102_0304_0506_0708,
                    hubEpoch: 2,
                    maximumEventBytes: 262_144,
                    credit: 1_000,
                    landed: [
                        LandedRanges(cumulative: 5, ranges: [7...7, 10...20]),
                        LandedRanges(cumulative: 0),
                    ]
                )
            ),
            golden: "02 01 0102030405060708 02 808010 e807 02 05 02 00 00 01 0a 00 00 f7a96dc8"
        ),
        Sample(
            name: "hello 2",
            frame: .hello(
                Hello(
                    version: 2,
                    node: "g1",
                    storeID: 1,
                    epoch: Epoch(id: 2, ordinal: 3),
                    hub: 0,
                    lanes: [],
                    primers: [0x0102_0304_0506_0708, 5]
                )
            ),
            golden: """
                01 02 02 6731 0000000000000001 0000000000000002 03 0000000000000000 00 \
                02 0102030405060708 0000000000000005 298b51ff
                """
        ),
        Sample(
            name: "welcome 2",
            frame: .welcome(
                Welcome(
                    version: 2,
                    hubID: 1,
                    hubEpoch: 2,
                    maximumEventBytes: 3,
                    credit: 4,
                    landed: [LandedRanges(cumulative: 5)],
                    maximumPrimerBytes: 262_144,
                    primers: [5]
                )
            ),
            golden: "02 02 0000000000000001 02 03 04 01 05 00 808010 01 0000000000000005 8bf98537"
        ),
        Sample(
            name: "bye",
            frame: .bye(Bye(reason: .superseded, text: "moved")),
            golden: "03 04 05 6d6f766564 6b3eb8e9"
        ),
        Sample(
            name: "lane",
            frame: .lane(
                LaneOpening(
                    handle: 300,
                    lane: Lane(epoch: 1, partition: Partition(number: 2)),
                    ordinal: 3,
                    ceiling: 65_536
                )
            ),
            golden: "04 ac02 0000000000000001 02 03 808004 cf892773"
        ),
        Sample(name: "batch", frame: .batch(handle: 1, bytes: [0xde, 0xad]), golden: "05 01 dead 4b1ced18"),
        Sample(
            name: "gap",
            frame: .gap(handle: 2, GapNotice(first: 10, last: 19, reason: .rejected, endKnown: true)),
            golden: "06 02 0a 09 04 01 0b55c880"
        ),
        Sample(
            name: "part",
            frame: .part(Part(assembly: 1, offset: 128, total: 130, bytes: [1, 2])),
            golden: "07 01 8001 8201 0102 e6fa9308"
        ),
        Sample(
            name: "ack",
            frame: .ack(handle: 3, landed: LandedRanges(cumulative: 200, ranges: [202...301])),
            golden: "08 03 c801 01 00 63 d95b8784"
        ),
        Sample(
            name: "reject",
            frame: .reject(handle: 4, Rejection(first: 5, last: 6, reason: .undecodable, text: "no")),
            golden: "09 04 05 01 01 02 6e6f 53675699"
        ),
        Sample(name: "credit", frame: .credit(total: .max), golden: "0a ffffffffffffffffff01 9d558d35"),
        Sample(name: "ping", frame: .ping(0), golden: "0b 00 b0fccc62"),
        Sample(name: "pong", frame: .pong(127), golden: "0c 7f c49bb2be"),
        Sample(
            name: "primer",
            frame: .primer(0x0102_0304_0506_0708, bytes: [0xde, 0xad]),
            golden: "0d 0102030405060708 dead b1d4fb80"
        ),
        Sample(
            name: "primer landed",
            frame: .primerLanded(0x0102_0304_0506_0708),
            golden: "0e 0102030405060708 f55da812"
        ),
        Sample(
            name: "primer wanted",
            frame: .primerWanted(0x0102_0304_0506_0708),
            golden: "0f 0102030405060708 6d175ede"
        ),
        Sample(
            name: "primer refused",
            frame: .primerRefused(0x0102_0304_0506_0708, PrimerRefusal(reason: .quota, text: "no")),
            golden: "10 0102030405060708 02 02 6e6f dfd63f40"
        ),
        Sample(
            name: "hello 3",
            frame: .hello(
                Hello(node: "g1", storeID: 1, epoch: Epoch(id: 2, ordinal: 3), hub: 0, lanes: [], primers: [5])
            ),
            golden: """
                01 03 02 6731 0000000000000001 0000000000000002 03 0000000000000000 00 01 0000000000000005 0edab034
                """
        ),
        Sample(
            name: "clock",
            frame: .clock(
                ClockNotice(
                    epoch: Epoch(id: 0x1112_1314_1516_1718, ordinal: 3),
                    node: nil,
                    record: ClockRecord(
                        ordinal: 2,
                        reading: ClockReading(
                            boot: 0x2122_2324_2526_2728,
                            uptime: 65_000,
                            wall: 1_767_225_600_000,
                            quality: .synchronised
                        ),
                        places: [
                            .init(partition: Partition(number: 0), first: 7),
                            .init(partition: Partition(number: 4), first: 300),
                        ]
                    )
                )
            ),
            golden: "11 1112131415161718 03 00 02 2122232425262728 e8fb03 0000019b76daa800 03 02 00 07 04 ac02 c33581d4"
        ),
        Sample(
            name: "clock before 1970, of an old name",
            frame: .clock(
                ClockNotice(
                    epoch: Epoch(id: 1, ordinal: 1),
                    node: "old",
                    record: ClockRecord(
                        ordinal: 1,
                        reading: ClockReading(boot: 0, uptime: 0, wall: -1, quality: .unset),
                        places: []
                    )
                )
            ),
            golden: "11 0000000000000001 01 01 03 6f6c64 01 0000000000000000 00 ffffffffffffffff 01 00 5431335a"
        ),
        Sample(
            name: "clock landed",
            frame: .clockLanded(epoch: 0x1112_1314_1516_1718, ordinal: 300),
            golden: "12 1112131415161718 ac02 4be8fc1f"
        ),
        Sample(name: "hold", frame: .hold("full"), golden: "13 04 66756c6c 17736106"),
        Sample(name: "hold no more", frame: .hold(""), golden: "13 00 5c0ae8ee"),
        Sample(
            name: "content key",
            frame: .contentKey(contentKey),
            golden: "14 02"
                + "0102030405060708" + String(repeating: "11", count: 1_120) + String(repeating: "22", count: 48)
                + "0000000000000009" + String(repeating: "33", count: 1_120) + String(repeating: "44", count: 48)
                + String(repeating: "55", count: 32) + String(repeating: "66", count: 64) + "0bf74c8b"
        ),
        Sample(name: "seal wanted", frame: .sealWanted(scheme: 1), golden: "18 01 3936f9ba"),
        Sample(
            name: "seal offer",
            frame: .sealOffer(SealOffer(challenge: Array(0..<32), keys: [0x0102_0304_0506_0708, 9])),
            golden: """
                19 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
                02 0102030405060708 0000000000000009 867d10df
                """
        ),
    ]

    /// Frames that end in bytes without a length.
    static let openEnded = ["batch", "part", "primer"]

    private static let hello = Hello(
        version: 1,
        node: "g1",
        storeID: 0x0102_0304_0506_0708,
        epoch: Epoch(id: 0x1112_1314_1516_1718, ordinal: 3),
        hub: 0x2122_2324_2526_2728,
        lanes: [
            Hello.LaneSummary(
                lane: Lane(epoch: 0x1112_1314_1516_1718, partition: Partition(number: 4)),
                ordinal: 3,
                node: nil,
                acknowledged: 1_000,
                last: 200,
                ceiling: 1_024
            ),
            Hello.LaneSummary(
                lane: Lane(epoch: 0x3132_3334_3536_3738, partition: Partition(number: 1)),
                ordinal: 2,
                node: "old",
                acknowledged: 7,
                last: 9,
                ceiling: 1 << 32
            ),
        ]
    )
}

/// Two recipients.
private let contentKey = ContentKeyNotice(
    recipients: [
        WrappedKey(
            recipient: 0x0102_0304_0506_0708,
            encapsulated: [UInt8](repeating: 0x11, count: WrappedKey.encapsulatedBytes),
            sealed: [UInt8](repeating: 0x22, count: WrappedKey.sealedBytes)
        ),
        WrappedKey(
            recipient: 9,
            encapsulated: [UInt8](repeating: 0x33, count: WrappedKey.encapsulatedBytes),
            sealed: [UInt8](repeating: 0x44, count: WrappedKey.sealedBytes)
        ),
    ],
    nodeKey: [UInt8](repeating: 0x55, count: ContentKeyNotice.nodeKeyBytes),
    signature: [UInt8](repeating: 0x66, count: ContentKeyNotice.signatureBytes)
)

/// The encoding of a frame.
func encoded(_ frame: Frame) -> ByteBuffer {
    var buffer = ByteBuffer()
    frame.encode(into: &buffer)
    return buffer
}

/// Adds the check that belongs to `bytes` and reads them as one frame.
func decoded(_ bytes: some Sequence<UInt8>) throws(FrameFault) -> Frame {
    var buffer = ByteBuffer(bytes: bytes)
    buffer.writeInteger(UInt32(truncatingIfNeeded: XXHash64.hash(buffer.readableBytesSpan)))
    return try Frame.decode(&buffer)
}

/// The encoding of a frame but for the check at its end.
func body(_ frame: Frame) -> ByteBufferView {
    encoded(frame).readableBytesView.dropLast(4)
}

func hexadecimal(_ buffer: ByteBuffer) -> String {
    buffer.readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
