// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import TestSupport
import Testing

@Suite struct ProofTests {
    private let log: TestLog

    init() throws {
        log = try TestLog(count: 11)
    }

    @Test func `every event of a log is proven by its file and the public keys`() throws {
        for index in log.events.indices {
            let file = Array(log.proof(of: index).text.utf8)
            let proven = try Proven(file, keys: log.keys)
            #expect(proven.event == log.events[index])
            #expect(proven.checkpoint == log.checkpoint)
            #expect(Proof(file) == log.proof(of: index))
        }
    }

    @Test func `keys that are not trusted prove nothing`() throws {
        let file = Array(log.proof(of: 3).text.utf8)
        let other = try TestLog(count: 11)
        for keys in [[], [log.keys[0]], [log.keys[1]], other.keys] {
            #expect(throws: Refutation.self) { try Proven(file, keys: keys) }
        }
        // Trusting more than is needed does no harm.
        _ = try Proven(file, keys: other.keys + log.keys)
    }

    @Test func `a proof must have exactly the signatures that logs make`() throws {
        let proof = log.proof(of: 3)
        let (first, second) = (proof.note.signatures[0], proof.note.signatures[1])
        for signatures in [[first], [second], [second, first], [first, second, second], [first, first]] {
            var changed = proof
            changed.note = SignedNote(text: proof.note.text, signatures: signatures)
            #expect(throws: Refutation.wrongSignatures) {
                try Proven(Array(changed.text.utf8), keys: log.keys)
            }
        }
    }

    @Test func `another log's signature does not stand for this one's`() throws {
        var proof = log.proof(of: 3)
        let checkpoint = Checkpoint(origin: "sluice-hub/other/0000000000000007", size: 11, root: log.checkpoint.root)
        proof.note = SignedNote(text: checkpoint.text, signatures: proof.note.signatures)
        #expect(throws: Refutation.wrongSignatures) { try Proven(Array(proof.text.utf8), keys: log.keys) }
    }

    @Test(arguments: ["gw-1", "sluice-hub", "sluice-hub/0123456789ABCDEF", "sluice-hub/0123456789abcdef/x"])
    func `a key that is trusted for something else, as a node's, vouches for no log`(name: String) throws {
        let other = try TestLog(count: 11, signer: name)
        let file = Array(other.proof(of: 3).text.utf8)
        #expect(throws: Refutation.wrongSignatures) { try Proven(file, keys: other.keys) }
    }

    @Test func `an event that was changed is refuted`() throws {
        var proof = log.proof(of: 3)
        for change in [
            { (event: inout EventLeaf) in event.payload.append(0x20) },
            { (event: inout EventLeaf) in event.identity.sequence += 1 },
            { (event: inout EventLeaf) in event.identity.node = "gw-2" },
            { (event: inout EventLeaf) in event.timestamp += 1 },
            { (event: inout EventLeaf) in event.topic[0] ^= 0x20 },
        ] {
            var event = log.events[3]
            change(&event)
            proof.leaf = event.bytes
            #expect(throws: Refutation.notIncluded) { try Proven(Array(proof.text.utf8), keys: log.keys) }
        }
    }

    @Test func `ten thousand changed proofs are all refuted`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let files = log.events.indices.map { Array(log.proof(of: $0).text.utf8) }
        for round in 0..<10_000 {
            let original = files[Int.random(in: 0..<files.count, using: &random)]
            let changed = Mutation.of(original, others: files, using: &random)
            guard changed != original, !files.contains(changed) else { continue }
            #expect(throws: Refutation.self, "seed \(seed), round \(round)") {
                try Proven(changed, keys: log.keys)
            }
        }
    }

    @Test func `every single byte of a proof matters`() throws {
        let file = Array(log.proof(of: 6).text.utf8)
        for index in file.indices {
            var changed = file
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: Refutation.self, "byte \(index)") { try Proven(changed, keys: log.keys) }
        }
    }
}
