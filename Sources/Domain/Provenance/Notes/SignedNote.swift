// SPDX-License-Identifier: Apache-2.0

/// A text and who has signed it (https://c2sp.org/signed-note).
///
/// ```
/// <text, its last line ended>
/// <empty line>
/// <one line per signature>
/// ```
package struct SignedNote: Sendable, Hashable {
    /// As many as every verifier has to take.
    package static let maximumSignatures = 16

    /// All that is signed: the lines with their ends.
    package let text: String
    package private(set) var signatures: [NoteSignature]

    package init(text: String, signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note; nil for anything that would not be written in the same bytes.
    package init?(_ note: [UInt8]) {
        guard note.last == 0x0A, let split = Self.lastEmptyLine(of: note) else { return nil }
        text = String(decoding: note[...split], as: UTF8.self)
        let lines = note[(split + 2)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else { return nil }
        signatures = []
        for line in lines {
            guard let signature = NoteSignature(line: line) else { return nil }
            signatures.append(signature)
        }
        let hasControls = text.utf8.contains { $0 < 0x20 && $0 != 0x0A }
        guard !hasControls, Array(self.note.utf8) == note else { return nil }
    }

    /// The note as it is exchanged.
    package var note: String {
        text + "\n" + signatures.map { $0.line + "\n" }.joined()
    }

    /// Where the line end before the last empty line is.
    private static func lastEmptyLine(of bytes: [UInt8]) -> Int? {
        var end = bytes.count - 1
        while let next = bytes[..<end].lastIndex(of: 0x0A) {
            if next + 1 == end { return next }
            end = next
        }
        return nil
    }
}
