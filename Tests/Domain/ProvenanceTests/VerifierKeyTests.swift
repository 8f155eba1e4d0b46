// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Provenance
import Testing

@Suite struct VerifierKeyTests {
    /// The key of the example in golang.org/x/mod/sumdb/note, and what it signed there.
    private let peterNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    @Test func `a published verifier key is read and written as it was`() throws {
        let key = try #require(VerifierKey(text: peterNeumann))
        #expect(key.name == "PeterNeumann")
        #expect(key.kind == .ed25519)
        #expect(key.id == 0xC74F_20A3)
        #expect(key.text == peterNeumann)
    }

    @Test func `a published signature is valid, over its text alone`() throws {
        let key = try #require(VerifierKey(text: peterNeumann))
        let text =
            "If you think cryptography is the answer to your problem,\n"
            + "then you don't know what your problem is.\n"
        let line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        let signature = Array(try #require(Data(base64Encoded: line)).dropFirst(4))
        #expect(key.isValid(signature, of: Array(text.utf8)))
        #expect(!key.isValid(signature, of: Array(text.dropLast().utf8)))
        #expect(!key.isValid(Array(signature.dropLast()), of: Array(text.utf8)))
    }

    @Test func `text that differs anywhere from a key's one form is none`() {
        for position in peterNeumann.utf8.indices {
            for replacement in ["", "+", " ", "A", "=", "\n"] {
                let changed = peterNeumann[..<position] + replacement + peterNeumann[position...].dropFirst()
                guard changed != peterNeumann else { continue }
                #expect(VerifierKey(text: changed) == nil, "\(changed)")
            }
        }
        #expect(VerifierKey(text: peterNeumann + "=") == nil)
        #expect(VerifierKey(text: "") == nil)
        #expect(VerifierKey(text: "++") == nil)
    }

    @Test(arguments: ["", "a b", "a+b", "a\u{A0}b", "a\nb", String(repeating: "n", count: 256)])
    func `a name that no note can carry is refused`(name: String) {
        #expect(VerifierKey(name: name, kind: .ed25519, bytes: [UInt8](repeating: 1, count: 32)) == nil)
    }

    @Test func `a list of keys has lines for people, and says which line is wrong`() throws {
        let text = "# the hub\n\n\(peterNeumann)\nsluice-seal-1 AAAA hub\n"
        #expect(try KeyList(text: text).keys.map(\.text) == [peterNeumann])
        for line in [" ", "# fine\nPeterNeumann", peterNeumann + " x", " " + peterNeumann] {
            let fault = #expect(throws: KeyList.Fault.self) { try KeyList(text: line) }
            #expect(fault?.line == line.split(separator: "\n").count)
        }
    }

    @Test(arguments: SignatureKind.allCases) func `every kind of key survives its text`(kind: SignatureKind) throws {
        let bytes = (0..<kind.keyLength).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let key = try #require(VerifierKey(name: "node-1", kind: kind, bytes: bytes))
        #expect(VerifierKey(text: key.text) == key)
        #expect(VerifierKey(name: "node-1", kind: kind, bytes: bytes.dropLast()) == nil)
    }

    @Test func `a cosignature covers its time`() throws {
        let secret = Curve25519.Signing.PrivateKey()
        let bytes = Array(secret.publicKey.rawRepresentation)
        let key = try #require(VerifierKey(name: "witness", kind: .cosignature, bytes: bytes))
        let text = "origin\n1\nroot\n"
        let signed = try secret.signature(for: Array("cosignature/v1\ntime 1679315147\n\(text)".utf8))
        let time = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(1_679_315_147) >> (56 - 8 * UInt64($0))) }
        #expect(key.isValid(time + signed, of: Array(text.utf8)))
        #expect(!key.isValid(time.dropLast() + [0] + signed, of: Array(text.utf8)))
    }
}
