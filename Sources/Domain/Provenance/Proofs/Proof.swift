// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A file that proves to anybody with the log's public keys that an event was in it.
///
/// The form is that of https://c2sp.org/tlog-proof; the extra data is the leaf, which the proof is of:
///
/// ```
/// c2sp.org/tlog-proof@v1
/// extra <base64 of the leaf, an EventLeaf>
/// index <of the leaf, in decimal>
/// <base64 of a sibling's hash, from the leaf to the root>
/// ...
/// <empty line>
/// <checkpoint, a signed note>
/// ```
package struct Proof: Sendable, Hashable {
    private static let heading = "c2sp.org/tlog-proof@v1"
    private static let leafWord = "extra "
    private static let indexWord = "index "
    /// More than any tree has levels.
    private static let maximumPath = 64

    package var leaf: [UInt8]
    package var index: UInt64
    package var path: [TreeHash]
    package var note: SignedNote

    package init(leaf: [UInt8], index: UInt64, path: [TreeHash], note: SignedNote) {
        self.leaf = leaf
        self.index = index
        self.path = path
        self.note = note
    }

    /// Reads a proof; nil for anything that would not be written in the same bytes.
    package init?(_ bytes: [UInt8]) {
        guard let split = Self.firstEmptyLine(of: bytes), let note = SignedNote(Array(bytes[(split + 2)...])) else {
            return nil
        }
        self.note = note
        let lines = bytes[..<split].split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard (3...3 + Self.maximumPath).contains(lines.count),
            let leaf = Self.value(Self.leafWord, lines[1]).flatMap({ Data(base64Encoded: $0) }),
            let index = Self.value(Self.indexWord, lines[2]).flatMap({ UInt64($0) })
        else { return nil }
        self.leaf = Array(leaf)
        self.index = index
        path = []
        for line in lines.dropFirst(3) {
            guard let data = Data(base64Encoded: line), let hash = TreeHash(bytes: Array(data)) else { return nil }
            path.append(hash)
        }
        guard Array(text.utf8) == bytes else { return nil }
    }

    /// The file.
    package var text: String {
        var lines = [Self.heading, Self.leafWord + Data(leaf).base64EncodedString(), "\(Self.indexWord)\(index)"]
        lines += path.map { Data($0.bytes).base64EncodedString() }
        return lines.map { $0 + "\n" }.joined() + "\n" + note.note
    }

    /// Where the line end before the first empty line is.
    private static func firstEmptyLine(of bytes: [UInt8]) -> Int? {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            if end + 1 < bytes.count, bytes[end + 1] == 0x0A { return end }
            start = end + 1
        }
        return nil
    }

    private static func value(_ word: String, _ line: String) -> String? {
        line.hasPrefix(word) ? String(line.dropFirst(word.count)) : nil
    }
}
