// SPDX-License-Identifier: Apache-2.0

/// Hexadecimal digits of either case.
enum Hex {
    /// The value of a digit that is known to be one.
    @inline(__always)
    static func value(_ digit: UInt8) -> UInt8 {
        digit <= 0x39 ? digit &- 0x30 : (digit | 0x20) &- 0x57
    }

    @inline(__always)
    static func digit(_ value: UInt8, isUpper: Bool) -> UInt8 {
        value < 10 ? 0x30 + value : (isUpper ? 0x37 : 0x57) + value
    }
}
