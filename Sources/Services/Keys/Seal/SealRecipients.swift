// SPDX-License-Identifier: Apache-2.0

import Provenance
import Synchronization

/// Whom an agent seals for: a text file with one ``SealRecipient`` in a line.
///
/// Empty lines and those that begin with # are for people; verifier keys, which `sluice-hub keys` prints, too, are for
/// those who check proofs.
package final class SealRecipients: Sendable {
    /// As many as a frame names.
    package static let maximum = 8

    private let file: KeyFile
    private let loaded = Mutex<[SealRecipient]>([])

    /// Reads the file, which has to be there and to name somebody.
    package init(path: String) throws(KeyFault) {
        file = KeyFile(path)
        try load()
    }

    /// Those of the last time that the file could be read; never none.
    package var all: [SealRecipient] { loaded.withLock(\.self) }

    /// Reads the file again; with an error what held before goes on to hold.
    package func load() throws(KeyFault) {
        guard let bytes = try file.read(isSecret: false) else {
            throw file.fault("there is no such file: put there what `sluice-hub keys` prints at the hub")
        }
        var found: [SealRecipient] = []
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if line.isEmpty || line.hasPrefix("#") || VerifierKey(text: line) != nil { continue }
            guard let recipient = SealRecipient(line: line) else {
                throw file.fault(
                    "line \(index + 1) is no sealing key: it should be as `sluice-hub keys` prints it, "
                        + "\(SealRecipient.word), the key and a name"
                )
            }
            if !found.contains(where: { $0.identifier == recipient.identifier }) { found.append(recipient) }
        }
        guard (1...Self.maximum).contains(found.count) else {
            throw file.fault("it has \(found.count) sealing keys: 1 to \(Self.maximum) are wanted")
        }
        loaded.withLock { $0 = found }
    }
}
