// SPDX-License-Identifier: Apache-2.0

/// Checks on topic names (MQTT 5.0 section 4.7.3: at least one character, no wildcard, no NUL, at most 65,535 bytes).
package enum TopicName {
    /// Whether `bytes` may be published to.
    ///
    /// UTF-8 validity is checked too (MQTT 5.0 section 1.5.4).
    package static func isValid(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount > 0, bytes.byteCount <= 65_535 else { return false }
        return bytes.withUnsafeBytes { buffer in
            var isASCII = true
            for byte in buffer {
                switch byte {
                case 0, UInt8(ascii: "+"), UInt8(ascii: "#"): return false
                default: isASCII = isASCII && byte < 0x80
                }
            }
            return isASCII || String(validating: buffer, as: UTF8.self) != nil
        }
    }
}
