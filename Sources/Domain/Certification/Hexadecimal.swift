// SPDX-License-Identifier: Apache-2.0

/// Bytes as people compare them.
package enum Hexadecimal {
    /// Two digits for each byte, lower case.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
