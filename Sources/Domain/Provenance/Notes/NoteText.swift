// SPDX-License-Identifier: Apache-2.0

/// Bytes that the specifications of notes are particular about.
enum NoteText {
    /// Eight lower-case digits, as key IDs are written.
    static func hexadecimal(_ id: UInt32) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// What a witness signs of a note's text (https://c2sp.org/tlog-cosignature, "Ed25519 signed message").
    ///
    /// - Parameter time: seconds since 1970-01-01T00:00:00Z; nil is returned where they pass 2^63 - 1.
    static func cosigned(_ text: [UInt8], at time: UInt64) -> [UInt8]? {
        guard time <= UInt64(Int64.max) else { return nil }
        return Array("cosignature/v1\ntime \(time)\n".utf8) + text
    }
}
