// SPDX-License-Identifier: Apache-2.0

import Events

/// Batches as version 1 wrote them, and the events in them.
///
/// They are decoded, never encoded again: another version of zstd may compress to other bytes. A change that cannot open them is a new version of the format.
enum Golden {
    struct Event {
        var topic: String
        var timestamp: Int64
        var payload: [UInt8]
        var attributes: [UInt8] = []
    }

    /// Every kind of slot and of prediction, in columns behind zstd.
    static let events: [Event] = (0..<24).flatMap { index -> [Event] in
        let time = 1_700_000_000_000 + Int64(index) * 60_000
        let minute = index < 10 ? "0\(index)" : "\(index)"
        return [
            Event(
                topic: "tele/meter_7/SENSOR",
                timestamp: time + 49,
                payload: Array(
                    "{\"Time\":\"2023-11-14T22:\(minute):20\",\"P\":\(index * index - 9),\"U\":23\(index % 7).\(index % 3)0}"
                        .utf8
                )
            ),
            Event(
                topic: "can0/109",
                timestamp: time + 60,
                payload: [0, UInt8(index), 0xFF, UInt8(index & 3), 0x0F, UInt8(truncatingIfNeeded: index * 37)]
            ),
            Event(
                topic: "site/dev_4/json",
                timestamp: time + 70,
                payload: Array(
                    "{\"ts\":\(time / 1000).\(100 + index),\"id\":\"0x109\",\"dev\":\"dev_4\",\"mode\":\"m\(index % 2)\",\"data\":\"00FF\(minute)A\(index % 10)\",\"low\":\"abcdef\(minute)\",\"e\":\(index % 5 == 0 ? "1e-7" : "0.5")}"
                        .utf8
                ),
                attributes: index % 6 == 0 ? [1, 0] : []
            ),
        ]
    }

    /// So few events that zstd does not pay.
    static let fewEvents: [Event] = (0..<4).map { index in
        Event(
            topic: "t/\(index % 2)",
            timestamp: 1_700_000_000_000 + Int64(index),
            payload: Array("{\"v\":\(20 + index).\(index)0,\"s\":\"k\(index % 2)\"}".utf8)
        )
    }

    /// Texts without numbers or shape, in rows behind zstd.
    static let words: [Event] = (0..<6).map { index in
        let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        return Event(
            topic: "log/door",
            timestamp: Int64(index * index),
            payload: (0..<30).flatMap { place -> [UInt8] in
                let word = (index &* 7 &+ place &* place &* 5) % 23
                return [letters[word], letters[(word * 3 + place) % 26], UInt8(ascii: ",")]
            }
        )
    }

    /// Bytes without pattern, in plain rows.
    static let noise: [Event] = [
        Event(topic: "a/b", timestamp: 5, payload: Array("xyz".utf8), attributes: [2]),
        Event(topic: "a/b", timestamp: 4, payload: [0xFF, 0]),
        Event(topic: "", timestamp: -7, payload: []),
    ]

    /// Mode 0.
    static let rows = bytes(
        """
        10e807030a09612f620001020378797a000102ff00021500
        """
    )

    /// Mode 1.
    static let compressedRows = bytes(
        """
        11e8070600603601850a00662353197027b90638dafd7ceb151d5ac506a1aa1a1e807a45511451fc4c004b004c00265ee244
        b9da8fb4bdcb339a2b63ab8ee807b76b0030cce8cacddef1beea44fa20bff4a9b33b795ff7a53739b1a3389cafb55ab77921
        4eed44fee8cdfddef3eeea459a90c130633c052a3e82a7f23213c4ea7de844bcd0cd7b1117ccb66cdd4c5d809ff4631ff66b
        676c42da8017d4cecdcace5c10b7b7a2177110300ccf657e8c0df54333b8b156f085866a6b3ce7e48cee285db017e5f472bf
        700b27dc237d9e65bd950972522cd1cc9cdc320d0686cd9cb04d9bd58bf13a337b3a1fc6a65edb05bb981fe24a27c095bca4
        49fac8299ca057e2343fecd47e7564eccecf0e0486970b1776712fe4f526ed63bee0767edbe54dc9ea2ed9064dddc739a927
        bda01bb571866e8a466c7a4764f73e6d3277704030acca567e144374321b374c1377312bb42c7ef25a26d409671a00
        """
    )

    /// Mode 2.
    static let columns = bytes(
        """
        12e8070480a0abfef962020003742f30020131017b2276223af92c2273223a22fb227dff0003000004040302000001000204
        0428162c2c032b2b05056b306b31
        """
    )

    /// Mode 3.
    static let compressedColumns = bytes(
        """
        13e80748e2a0abfef962602a01650a003692443a408dd301db8a20a561187ee0fe86a10696c2fcb0c5350b647144807837c0
        22767519fb7f664785b3402951084027a399dce84261d0267b6f9902380033003300b62b9a53d99e68aebf6adb57f470ba34
        4121d145d7008e6ed8ddd123ba5ce37d9d07ea58009c42621301b1e93220c61dafd8ddcf1d093e0312a39311e47c9509dfe8
        7c98f4aab4ed8cd0a7b9a6acb6dd193be10d4362db1eddb0b94e21796d3bf488c62ebd5557ce2d0d55e716f3350d3b95680b
        933fd874e6e08eca1ebc71bd5e9a364da825ab7280440a00014346b2eb9ff2fcffa06093521a6cf21b739f9861b89f276abc
        effc69faaf304da714854f9824e354c6291639afaa80e5ba28c6e1b0130a3ba124333b6030bf9c32ebcc0118206002d38a07
        c7c0d6cff98082ce58a65991c4f1a5f99de088250358ba89e5106f0b68e2bd42c93c2b2e946729b2c166dedb5ad82233
        """
    )

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
