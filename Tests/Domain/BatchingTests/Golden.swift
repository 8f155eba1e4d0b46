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

    /// Every kind of slot and of prediction.
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
            Event(
                topic: "fleet",
                timestamp: time + 81,
                payload: Array(
                    "{\"unit\":\"u\(index % 3)\",\"t\":\(repaired[index % 4]),\"n\":\(index % 3 * 1_000 + index * 100)}"
                        .utf8
                )
            ),
            Event(
                topic: "ais/rx1",
                timestamp: time + 90,
                payload: Array(
                    (index % 2 == 0 ? "!AIVDM,1,1,,B,142Lcu00061a0t`EfG=5lQ9<00R6,0*0A" : "!AIVDM,1,1,,B,,0*25").utf8
                )
            ),
        ]
    }

    /// Decimals that come from doubles and from single-precision numbers.
    private static let repaired = ["0.13399999999999998", "21.700000762939453", "0.30000000000000004", "7.5"]

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

    /// Nearly the same texts: a primer of ``words`` makes them short.
    static let echoes: [Event] = words.map { word in
        Event(topic: word.topic, timestamp: word.timestamp + 9, payload: [UInt8(ascii: "#")] + word.payload + [0x31])
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
        12e8070480a0abfef9621f020003742f30020131017b2276223af92c2273223a22fb227dff006b306b31f80ffdd30f38ff27
        58e8c7ff04a07f0478
        """
    )

    /// Mode 3.
    static let compressedColumns = bytes(
        """
        13e80778e2a0abfef962dc01601100b50600f20b2d31804bd20140a235898cc8888cc888b6afd946e4f464e789f3d5ee801c
        6dfbcec090a1b6f3b2fb4ec178ce40a818db072203091293585c120581d98a95c5d4e938985be0b10cbb73e742345c3c2c18
        a8ec8652fac4226fdf809eef0142deeeda3d7e507c7b86dff7209af5f607a3fea49bc9883a1b8ed96ef19ded13dfebc7db39
        c28a4f13a6c1a808ba006de62743a2128a3494c225c34f71c368402b8ba9251d8680524858221c2c8a72c1707354fc7013a8
        240c003b065f6cdc1cec9cc83e77156eeca9834f7011ace0e279cb5a13856906f8ff5df82ffc3fe67ffaffff4fc4f9004afe
        b97fb69bfd9fe8f7fbe4ff7eff97fa5ff95ff0fa6fdff8fe1fc3ff2be49fcd9ad91fde7ff8bff4e18ffbaff9fddffb4ffd37
        fe73fff44fffeebffe4ffe21ffed3ff24fc061cefe1300a0a8f99ff2ff3f60ea02ffff274cfd4f00b60db0cfff0924f6ff8f
        0f25f9ff5de2ffff80a9fb73867f02c3330300dcfc292cfdff84a90138257000b2feefe5c4fe0f132c4300000010fcff1f60
        6a0153012000600100f004c000fdf803c2e47f6fc75af2ff7f80a9054e0600370000801c00c01fbf69acffc11d6064182400
        02801e000160028ccc7f067b0100c08a24c00a0800bc00320180e1ad02ffefedc089642109f1af00000000a700184903fd07
        77704302f1c70000001984f36f1a2b803013004201403041087ef875b18b6500820100e4efdfc8ef8b8c6ea0190f53000800
        0063fadbc7df90410602b0014405c10b0e8382df34ae3633070826408290e88740af381b10ff2d020ecb2e6e193083c49f81
        9250800142a05b1b042b8d23ba87ac63331000c893b29fbfbc800d42bdce135cd8f2ed0cc188c90825d0312c430003fe7de3
        8b92d9fd638119e2bf88c9dfe06f821fc3bc7e5b0bf19f440ea2abda3cc64400095106140836
        """
    )

    /// The first sixty of ``events``, as a primer.
    static let primer = bytes(
        """
        130137f8a0abfef962da01600500a50600128c2d31706bd20140a269a8aaaaaaaaaaaa060618b244504376aa515ff5261c1a
        f23149822364ab97bfaf225f76711119a335d0644f8599469e0ab335b17830ad68598c4d0cf2f68c08fa5ef2f176d7eef18b
        a286df66bdfd41a9cfd10845c4f7daf1768e704263b6cbef6cefef3ddede504ee76867c3602e01c72aecce9debb050d19050
        a01d4a084546128642c068f8296e2809a804c4e581e1a21e4c869ba362887b409b19ba9828db6494041d805a16534b3a8b00
        9d040a004b4811d8e0cad98b1c543043b315904baafb5111414f44990120ff1c8067f687f71ffe2f7df8e3fe6b7efff7fe53
        ff8dffdc3ffdd3bffbafff937fc87ffb8ffcc751f33f85fffffba5a6fbfd3fd9ff4bfcff61c27faa37c33fb9fdff7df617ff
        ff48e4ff34ffffff449c6f5cfe29ff7fc0d473fe1ff3ff09fe7e9fdeffedfe2ff5bff2bff0fef47f82ff7eb9ff56d97f98f8
        ff0f98da1080000008feff07985a0e4f100000000000f1ff9f3035806d043000410da2bf6bb378e1ffff01a6167eb2001017
        00fe9f3035c029040ad0f3ff16f37f050f138b92040980290b007e000400780618e9f17f7c28f93001542400540004000600
        640480e3ff5e4eec7b1b30284c02e02b000001802900e90f08930f6e000a2111f03110000019c0c35f3da000002700401004
        089800c4f847fa96bfb7837a00208300f09fc8bf1bf8be487af1c378c01008040080e93bfa820cce8900c00600
        """
    )

    /// Mode 10: the others of ``events``, on ``primer``.
    static let primedColumns = bytes(
        """
        1aa4083ce29283fff9627809378633d4efc30a000031652d3731652d37eabf1babe4ffffdaa8ffeaff7fbfd46440d105b8da
        fdff5f1b3528ffffdaa8fdc39161feffb951f3ff074ccd1404fa337d0bdeff3f37eafeffd7460df0df420700e012bc0f6000
        802341fc192010905000234b83da40932018418043e8ed66c581234900000928f8c1f40b804ec2108abf02de88b694f81634
        09c100e0490a29501c9b448001feddf0458182abc402e049e2bf0838f91bfc4df463f0d72d25897f928103ba52c4c7c02401
        42020e1007023409
        """
    )

    /// ``words`` as a primer.
    static let wordsPrimer = bytes(
        """
        11010600603601850a00662353197027b90638dafd7ceb151d5ac506a1aa1a1e807a45511451fc4c004b004c00265ee244b9
        da8fb4bdcb339a2b63ab8ee807b76b0030cce8cacddef1beea44fa20bff4a9b33b795ff7a53739b1a3389cafb55ab779214e
        ed44fee8cdfddef3eeea459a90c130633c052a3e82a7f23213c4ea7de844bcd0cd7b1117ccb66cdd4c5d809ff4631ff66b67
        6c42da8017d4cecdcace5c10b7b7a2177110300ccf657e8c0df54333b8b156f085866a6b3ce7e48cee285db017e5f472bf70
        0b27dc237d9e65bd950972522cd1cc9cdc320d0686cd9cb04d9bd58bf13a337b3a1fc6a65edb05bb981fe24a27c095bca449
        fac8299ca057e2343fecd47e7564eccecf0e0486970b1776712fe4f526ed63bee0767edbe54dc9ea2ed9064dddc739a927bd
        a01bb571866e8a466c7a4764f73e6d3277704030acca567e144374321b374c1377312bb42c7ef25a26d409671a00
        """
    )

    /// ``echoes`` on ``wordsPrimer``.
    static let primedEchoes = bytes(
        """
        1be8070612c90411a1782acfc32f6036014d010050000623f9ff0023f9ff000aa090530fb0e22afa67c3b4ae46b37534ccd6
        cdc884ac9c0cd32ec6c47ebec7c0d59fd3cffef93800
        """
    )

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
