// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One signature line of a note.
///
/// ```
/// EM DASH, space, <key name>, space, base64(<key ID (4)> || <signature>), line end
/// ```
package struct NoteSignature: Sendable, Hashable {
    private static let mark = "\u{2014} "

    package let name: String
    package let keyID: UInt32
    package let bytes: [UInt8]

    /// - Parameter bytes: what the key made of the note's text.
    package init(by key: VerifierKey, _ bytes: [UInt8]) {
        name = key.name
        keyID = key.id
        self.bytes = bytes
    }

    /// Reads a line without its end.
    init?(line: ArraySlice<UInt8>) {
        guard line.starts(with: Self.mark.utf8) else { return nil }
        let rest = line.dropFirst(Self.mark.utf8.count)
        guard let space = rest.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let name = String(decoding: rest[..<space], as: UTF8.self)
        guard VerifierKey.isName(name), let data = Data(base64Encoded: Data(rest[(space + 1)...])), data.count > 4
        else { return nil }
        self.name = name
        keyID = data.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(data.dropFirst(4))
    }

    /// The line without its end.
    var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> (24 - 8 * UInt32($0))) }
        return "\(Self.mark)\(name) \(Data(id + bytes).base64EncodedString())"
    }

    /// Whether the line says that this key made it.
    package func isBy(_ key: VerifierKey) -> Bool { key.name == name && key.id == keyID }
}
