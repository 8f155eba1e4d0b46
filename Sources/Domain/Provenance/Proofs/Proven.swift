// SPDX-License-Identifier: Apache-2.0

/// What a proof proves: this event was in the log of this checkpoint.
package struct Proven: Sendable, Hashable {
    package let event: EventLeaf
    package let checkpoint: Checkpoint

    /// Checks a proof with nothing but public keys.
    ///
    /// - Parameter keys: those that are trusted; a log's name says whose word the proof is, so that it takes the judgement of
    ///   who trusts the key.
    package init(_ file: [UInt8], keys: [VerifierKey]) throws(Refutation) {
        guard let proof = Proof(file) else { throw .notCanonical }
        guard let checkpoint = Checkpoint(text: proof.note.text) else { throw .noCheckpoint }
        try LogSignatures.check(proof.note, of: checkpoint, keys: keys)
        let root = TreeHash.leaf(proof.leaf).root(at: proof.index, of: checkpoint.size, path: proof.path)
        guard root == checkpoint.root else { throw .notIncluded }
        guard let event = EventLeaf(bytes: proof.leaf) else { throw .noEvent }
        self.event = event
        self.checkpoint = checkpoint
    }
}
