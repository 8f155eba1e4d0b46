// SPDX-License-Identifier: Apache-2.0

/// The armour of AIS sentences: six bits in one printable character (ITU-R M.1371, IEC 61162-1).
enum SixBit {
    /// The value of a character, or nil where it is none.
    @inline(__always)
    static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x57: character - 0x30
        case 0x60...0x77: character - 0x38
        default: nil
        }
    }

    @inline(__always)
    static func character(_ value: UInt8) -> UInt8 { value < 40 ? value + 0x30 : value + 0x38 }

    /// What a sentence ends with: the exclusive or of what stands between its first byte and the asterisk.
    static func checksum(_ sentence: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8 {
        sentence.reduce(0) { $0 ^ $1 }
    }
}
