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
        6a0153012000600100f004c000fdf8c3d4e47f6fc75af2ff7f80a9054e0600370000801c00c01fbf69acffc11d6064182400
        02801e000160028ccc7f067b0100c08a24c00a0800bc00320180e1ad02ffefedc089642109f1af00000000a70018490301c0
        0d09c41f0300006410cebf69ac803013004201403041087ef87501621980600000f9fb37f2fb22a31b6806980240000018d3
        df3efe860c3210b0014405c10b0e8382df342e60e600c104481012fd10e8053620fe5b041c965ddc32cc20f167a024146080
        10081b042b8d23ba872ccc4000204fca7efef2628350aff30417b66c8660c4648412082c430003fe7de38b92d9fd639921fe
        8b98fc0dfe26f831cc8b0bf19f440ea2abdad4440009610614b801
        """
    )

    /// The first sixty of ``events``, as a primer.
    static let primer = bytes(
        """
        13013ce2a0abfef962de01600900c50600728c2e31804bd20140a235898cc8888cc888b6afd946f6f484e489f3d592801c6d
        fbcec090a1b6f7b5f23eaac1cd2ab0d136ef9b0ccd696e4ef301c514474635a799c50a638d6c18cc25e05885ddb9731d162a
        1a120a34921246d4ab06b97b86047d2ff9b8fb239fd74f8a77cff4fbde43c3eefee0245fe98612a2918dc674a7f84ef788ef
        b5e3ee1de1c42b0a6b306b820f80ca6ee862a29134612c844ba6df6a092701ad305e2c7a2c025402c2f2c06059ed8269d971
        35d4724027010a0037073027b2cf5d851b7beae0135c042bb878deb2d644619a01f8ff5df82ffc3fe67ffaffff4fc4f9004a
        feb97fb69bfd9fe8f7fbe4ff7eff97fa5ff95ff0fa6fdff8fe1fc3ff2be49fcd9ad91fde7ff8bff4e18ffbaff9fddffb4ffd
        37fe73fff44fffeebffe4ffe21ffed3ff24fc061cefe1300a0a8f99ff2ff3f60ea02ffff274cfd4f00b60db0cfff0924f6ff
        8f0f25f9ff5de2ffff80a9fb73867f02c3330300dcfc292cfdff84a90138257000b2feefe5c4fe0f132c4300000010fcff1f
        606a0153012000600100f004c000fdf8c3d4e47f6fc75af2ff7f80a9054e0600370000801c00c01fbf69acffc11d60641824
        0002801e000160028ccc7f067b0100c08a24c00a0800bc00320180e1ad02ffefedc089642109f1af00000000a70018490301
        c00d09c41f0300006410cebf69ac803013004201403041087ef87501621980600000f9fb37f2fb22a31b6806980240000018
        d3df3efe860c3210b001
        """
    )

    /// Mode 10: the others of ``events``, on ``primer``.
    static let primedColumns = bytes(
        """
        1aa4083ce29283fff9622f315f08ebc80d030a000031652d3731652d37eabf3b2a52ffffd746fdfeffdf2f350e28f84de382
        ffff6ba39edcffbf366afff060faffcf8d9aff7fc0d41284443f047ae1ff3f37eafdffaf8d1ae2bf4500000ecb2e6e198019
        29c49f8102404201060881003609c10c02e488ee210b30232100002189b29fbfbc804d4228bce08de0c2966126211800243c
        4209046b0a120100ffbef145a9ecfeb1302789ff2220f91bfc4df06398975892f84f8270105dd52698a4002021ce8002d924
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
