// SPDX-License-Identifier: Apache-2.0

extension NumberCell {
    /// How a slot prints its decimals: with zeros up to a fixed number of digits, or without.
    struct Padding {
        /// Digits behind the point that are always printed.
        private var digits: UInt8 = 0
        /// Values in a row that had no use for the last digit of the scale, and the most digits they used.
        private var idle: UInt8 = 0
        private var idleDigits: UInt8 = 0

        /// The digits to expect behind the point of a value that needs `significant` of them.
        @inline(__always)
        func expected(significant: UInt8) -> UInt8 { max(digits, significant) }

        /// Learns from one value; a result is a scale that has been enough for a while.
        @inline(__always)
        mutating func learn(decimals: UInt8, significant: UInt8, scale: UInt8) -> UInt8? {
            digits = decimals > significant ? decimals : min(digits, decimals)
            guard significant < scale else {
                idle = 0
                idleDigits = 0
                return nil
            }
            idle += 1
            idleDigits = max(idleDigits, significant)
            guard idle == 8 else { return nil }
            defer {
                idle = 0
                idleDigits = 0
            }
            return idleDigits
        }
    }

    /// Learns how the value it learned last was printed, and gives up digits that nothing uses.
    @inline(__always)
    mutating func learnDecimals(_ decimals: UInt8, significant: UInt8) {
        if let enough = padding.learn(decimals: decimals, significant: significant, scale: scale) {
            rescale(to: enough)
        }
    }
}
