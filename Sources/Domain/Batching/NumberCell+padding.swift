// SPDX-License-Identifier: Apache-2.0

extension NumberCell {
    /// How a slot prints its decimals: with zeros up to a fixed number of digits, or without.
    struct Padding {
        /// Digits behind the point that are always printed.
        private var digits: Int8 = 0
        /// Values in a row that had no use for the last digit of the scale, and the most digits they used.
        private var idle: UInt8 = 0
        private var idleDigits: Int8 = Decimal.minimumDecimals

        /// The digits to expect behind the point of a value that needs `significant` of them.
        @inline(__always)
        func expected(significant: Int8) -> Int8 { max(digits, significant) }

        /// Learns from one value; a result is a scale that has been enough for a while.
        @inline(__always)
        mutating func learn(decimals: Int8, significant: Int8, scale: Int8, hasChanged: Bool) -> Int8? {
            digits = decimals > significant ? decimals : min(digits, decimals)
            // A constant says nothing of the digits that the next value needs.
            guard hasChanged else { return nil }
            guard significant < scale else {
                idle = 0
                idleDigits = Decimal.minimumDecimals
                return nil
            }
            idle += 1
            idleDigits = max(idleDigits, significant)
            guard idle == 8 else { return nil }
            defer {
                idle = 0
                idleDigits = Decimal.minimumDecimals
            }
            return idleDigits
        }
    }

    /// Learns how the value it learned last was printed, and gives up digits that nothing uses.
    @inline(__always)
    mutating func learnDecimals(_ decimals: Int8, significant: Int8) {
        if let enough = padding.learn(
            decimals: decimals,
            significant: significant,
            scale: scale,
            hasChanged: delta != 0
        ) {
            rescale(to: enough)
        }
    }
}
