// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// DER as text (RFC 7468).
package enum PEM {
    /// What a block holds.
    package enum Label: String, Sendable {
        case certificate = "CERTIFICATE"
        case request = "CERTIFICATE REQUEST"
    }

    /// More in one file has no place anywhere.
    private static let maximumBlocks = 16

    /// Lines of 64 characters between the two that say what it is.
    package static func text(_ label: Label, _ bytes: [UInt8]) -> String {
        let digits = Array(Data(bytes).base64EncodedString().utf8)
        let lines = stride(from: 0, to: digits.count, by: 64).map { start in
            String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self)
        }
        let all = ["-----BEGIN \(label.rawValue)-----"] + lines + ["-----END \(label.rawValue)-----"]
        return all.map { $0 + "\n" }.joined()
    }

    /// The blocks of one kind, in order; what is around them, and other blocks, are passed over.
    ///
    /// Nil where one of them is damaged, and for more than 16.
    package static func blocks(_ label: Label, in text: String) -> [[UInt8]]? {
        var found: [[UInt8]] = []
        var digits: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("-----BEGIN \(label.rawValue)-----") {
                guard digits == nil, found.count < maximumBlocks else { return nil }
                digits = ""
            } else if line.hasPrefix("-----END \(label.rawValue)-----") {
                guard let whole = digits, let data = Data(base64Encoded: whole), !data.isEmpty else { return nil }
                found.append(Array(data))
                digits = nil
            } else {
                digits? += line.filter { !$0.isWhitespace }
            }
        }
        return digits == nil ? found : nil
    }
}
