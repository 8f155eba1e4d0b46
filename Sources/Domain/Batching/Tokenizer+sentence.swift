// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
    /// Where the checksum of an NMEA 0183 sentence stands, if the payload ends with the right one.
    static func checksumStart(_ payload: UnsafeBufferPointer<UInt8>) -> Int? {
        let start = payload.count - 2
        guard start > 1, payload[start - 1] == UInt8(ascii: "*"),
            payload[0] == UInt8(ascii: "!") || payload[0] == UInt8(ascii: "$")
        else { return nil }
        let checksum = SixBit.checksum(payload[1..<start - 1])
        guard payload[start] == Hex.digit(checksum >> 4, isUpper: true),
            payload[start + 1] == Hex.digit(checksum & 0xF, isUpper: true)
        else { return nil }
        return start
    }

    /// The sixth field of an encapsulated sentence, where all of it is armour.
    static func armour(_ payload: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        guard payload.first == UInt8(ascii: "!") else { return 0..<0 }
        var fields = 0
        var start = 0
        while start < payload.count, fields < 5 {
            if payload[start] == UInt8(ascii: ",") { fields += 1 }
            start += 1
        }
        let end = payload[start...].firstIndex(of: UInt8(ascii: ",")) ?? start
        guard end - start <= BatchFormat.maximumFixedBytes,
            payload[start..<end].allSatisfy({ SixBit.value($0) != nil })
        else { return 0..<0 }
        return start..<end
    }
}
