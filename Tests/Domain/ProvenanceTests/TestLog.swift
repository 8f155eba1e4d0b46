// SPDX-License-Identifier: Apache-2.0

import Crypto
import Events
import FoundationEssentials
import Provenance
import Testing

/// A log of a few events with keys of its own, and proofs out of it.
struct TestLog {
    static let hub: UInt64 = 0x0123_4567_89AB_CDEF

    let events: [EventLeaf]
    let keys: [VerifierKey]
    let checkpoint: Checkpoint
    let note: SignedNote
    private let hashes: [TreeHash]

    /// - Parameter signer: another name to sign with than the hub's.
    init(count: Int, signer: String = LogOrigin.hub(hub)) throws {
        events = (0..<count).map { Self.event(UInt64($0 + 1)) }
        hashes = events.map { .leaf($0.bytes) }
        var tree = CompactRange()
        for hash in hashes { tree.append(hash) }
        checkpoint = Checkpoint(origin: "\(signer)/0000000000000007", size: tree.size, root: tree.root)
        let classical = Curve25519.Signing.PrivateKey()
        let postQuantum = try MLDSA65.PrivateKey()
        keys = [
            try Self.key(signer, .ed25519, Array(classical.publicKey.rawRepresentation)),
            try Self.key(signer, .mlDSA65, Array(postQuantum.publicKey.rawRepresentation)),
        ]
        note = try LogSignatures.sign(checkpoint, keys: keys) { kind, message in
            Array(
                kind == .mlDSA65
                    ? try postQuantum.signature(for: message) : try classical.signature(for: message)
            )
        }
    }

    func proof(of index: Int) -> Proof {
        let hashes = hashes
        let prover = TreeProver(size: UInt64(hashes.count)) { subtree in
            var range = CompactRange()
            let first = Int(subtree.index) << subtree.level
            for hash in hashes[first..<first + (1 << subtree.level)] { range.append(hash) }
            return range.root
        }
        return Proof(
            leaf: events[index].bytes,
            index: UInt64(index),
            path: prover.inclusion(of: UInt64(index)),
            note: note
        )
    }

    private static func key(_ name: String, _ kind: SignatureKind, _ bytes: [UInt8]) throws -> VerifierKey {
        try #require(VerifierKey(name: name, kind: kind, bytes: bytes))
    }

    static func event(_ sequence: UInt64) -> EventLeaf {
        EventLeaf(
            identity: EventIdentity(
                node: "gw-1",
                lane: Lane(epoch: 0xE0, partition: Partition(number: 1)),
                sequence: sequence
            ),
            timestamp: 1_700_000_000_000 + Int64(sequence),
            topic: Array("line/1/temperature".utf8),
            attributes: [],
            payload: Array("{\"value\":\(sequence)}".utf8)
        )
    }
}
