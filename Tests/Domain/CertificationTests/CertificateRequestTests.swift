// SPDX-License-Identifier: Apache-2.0

import Certification
import Crypto
import TestSupport
import Testing

@Suite struct CertificateRequestTests {
    @Test(arguments: ["p", "pump-7", "Gate.2_b", String(repeating: "n", count: 64)])
    func `a request is read as it was written`(_ node: String) throws {
        let fixture = try Fixture()
        let request = try CertificateRequest(try fixture.request(node))
        #expect(request.node == node)
        #expect(request.key == PublicKey(fixture.nodeKey.publicKey))
    }

    @Test(arguments: ["", "a b", "pump/7", "pümp", String(repeating: "n", count: 65)])
    func `names that no node has are refused`(_ node: String) throws {
        #expect(throws: CertificateRequest.Fault.badName) { try CertificateRequest(try Fixture().request(node)) }
    }

    @Test func `a request that somebody else has signed is refused`() throws {
        let fixture = try Fixture()
        let foreign = try CertificateRequest.make(
            node: "pump-7",
            key: PublicKey(fixture.nodeKey.publicKey),
            sign: Fixture.signer(P256.Signing.PrivateKey())
        )
        #expect(throws: CertificateRequest.Fault.badSignature) { try CertificateRequest(foreign) }
    }

    @Test func `no byte of a request can be changed`() throws {
        let whole = try Fixture().request()
        for index in whole.indices {
            for bit in 0..<8 {
                var changed = whole
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: CertificateRequest.Fault.self, "byte \(index), bit \(bit)") {
                    try CertificateRequest(changed)
                }
            }
        }
        for count in whole.indices {
            #expect(throws: CertificateRequest.Fault.self) { try CertificateRequest(Array(whole[..<count])) }
        }
        #expect(throws: CertificateRequest.Fault.self) { try CertificateRequest(whole + [0]) }
    }

    @Test func `what was changed at random is refused or says the same`() throws {
        let whole = try Fixture().request()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<changed.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: changed[place] = .random(in: 0...255, using: &generator)
                case 1: changed.remove(at: place)
                default: changed.insert(.random(in: 0...255, using: &generator), at: place)
                }
            }
            guard let read = try? CertificateRequest(changed) else { continue }
            #expect(changed == whole && read.node == "pump-7", "seed \(seed)")
        }
    }

    @Test(.enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
    func `openssl takes our requests, and we take openssl's of this kind`() async throws {
        let fixture = try Fixture()
        try await Certificates.temporary { scratch in
            try write(PEM.text(.request, try fixture.request()), scratch.path("node.csr"))
            let said = await Command.output("openssl req -verify -noout -subject -in \(scratch.path("node.csr")) 2>&1")
            #expect(said.contains("verify OK") && said.contains("CN = pump-7"), "\(said)")
            try scratch.make("pump", subject: "/O=Works/CN=pump-8", names: "DNS:pump-8")
            let theirs = await Command.output("cat \(scratch.path("pump.csr"))")
            let blocks = try #require(PEM.blocks(.request, in: theirs))
            #expect(try CertificateRequest(blocks[0]).node == "pump-8")
            let rsa = await Command.output(
                "openssl req -newkey rsa:2048 -nodes -subj /CN=pump-9 -keyout /dev/null 2>/dev/null"
            )
            let other = try #require(PEM.blocks(.request, in: rsa)?.first)
            #expect(throws: CertificateRequest.Fault.otherKey) { try CertificateRequest(other) }
        }
    }

    @Test func `text around blocks is passed over, and damaged blocks are not`() throws {
        let request = try Fixture().request()
        let text = PEM.text(.request, request)
        #expect(PEM.blocks(.request, in: "made by hand\n" + text + "\n" + text) == [request, request])
        #expect(PEM.blocks(.certificate, in: text) == [])
        #expect(PEM.blocks(.request, in: String(text.dropLast(40))) == nil)
        #expect(PEM.blocks(.request, in: text.replacing("=", with: "*")) == (text.contains("=") ? nil : [request]))
        #expect(PEM.blocks(.request, in: String(repeating: text, count: 17)) == nil)
    }
}
