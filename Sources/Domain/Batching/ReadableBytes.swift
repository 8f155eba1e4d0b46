// SPDX-License-Identifier: Apache-2.0

/// Bytes as text that moves no cursor: control characters (ECMA-48) as `\xNN`, and where the bytes are no UTF-8, all of
/// them beyond ASCII.
enum ReadableBytes {
    static func text(_ bytes: some Collection<UInt8>) -> String {
        var out = ""
        if let text = String(validating: bytes, as: UTF8.self) {
            for scalar in text.unicodeScalars { append(scalar, to: &out) }
        } else {
            for byte in bytes {
                if byte < 0x80 { append(Unicode.Scalar(byte), to: &out) } else { escape(byte, to: &out) }
            }
        }
        return out
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
            escape(UInt8(truncatingIfNeeded: scalar.value), to: &out)
        } else {
            out.unicodeScalars.append(scalar)
        }
    }

    private static func escape(_ byte: UInt8, to out: inout String) {
        let digits = [Hex.digit(byte >> 4, isUpper: false), Hex.digit(byte & 0xF, isUpper: false)]
        out += "\\x" + String(decoding: digits, as: UTF8.self)
    }
}
