// SPDX-License-Identifier: Apache-2.0

/// The signatures under a log's checkpoints: exactly one of each of ``kinds``, in their order, by the log's own keys.
///
/// Exactly, so that nobody can take the one away that still holds when Ed25519 no longer does.
package enum LogSignatures {
    package static let kinds: [SignatureKind] = [.ed25519, .mlDSA65]

    /// Signs a checkpoint.
    ///
    /// - Parameters:
    ///   - keys: one of each of ``kinds``, in their order.
    ///   - sign: makes a signature of one kind.
    package static func sign<Fault: Error>(
        _ checkpoint: Checkpoint,
        keys: [VerifierKey],
        _ sign: (SignatureKind, [UInt8]) throws(Fault) -> [UInt8]
    ) throws(Fault) -> SignedNote {
        let text = checkpoint.text
        var signatures: [NoteSignature] = []
        for key in keys { signatures.append(NoteSignature(by: key, try sign(key.kind, Array(text.utf8)))) }
        return SignedNote(text: text, signatures: signatures)
    }

    /// Refuses a note that is not signed like that by trusted keys.
    package static func check(
        _ note: SignedNote,
        of checkpoint: Checkpoint,
        keys: [VerifierKey]
    ) throws(Refutation) {
        guard note.signatures.count == kinds.count else { throw .wrongSignatures }
        let message = Array(note.text.utf8)
        for (signature, kind) in zip(note.signatures, kinds) {
            guard LogOrigin.belongs(checkpoint.origin, to: signature.name) else { throw .wrongSignatures }
            guard let key = keys.first(where: { signature.isBy($0) }) else {
                throw .unknownKey(name: signature.name, id: signature.keyID)
            }
            guard key.kind == kind else { throw .wrongSignatures }
            guard key.isValid(signature.bytes, of: message) else {
                throw .badSignature(name: key.name, kind: kind)
            }
        }
    }
}
