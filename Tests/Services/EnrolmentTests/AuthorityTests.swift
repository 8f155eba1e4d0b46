// SPDX-License-Identifier: Apache-2.0

import Certification
import Enrolment
import Keys
import TestSupport
import Testing

@Suite struct AuthorityTests {
    private let now: Int64 = 1_795_000_000

    @Test func `an authority is made once, and a try that was cut short is gone on with`() throws {
        try ScratchDirectory.with { state in
            let files = AuthorityFiles(state: state)
            #expect(throws: KeyFault.self) { try Authority(state: state) }
            let first = try Authority.make(state: state, now: now)
            #expect(try Authority(state: state).certificate == first.certificate)
            // The power went after the key and before the certificate.
            #expect(remove(files.certificate.path))
            let second = try Authority.make(state: state, now: now)
            #expect(second.certificate.key == first.certificate.key)
            // It went before the hub had its own.
            #expect(try Authority.make(state: state, now: now).certificate == second.certificate)
            try second.certifyHub(["hub.example"], now: now)
            #expect(throws: KeyFault.self) { try Authority.make(state: state, now: now) }
        }
    }

    @Test func `a key and a certificate of two authorities are refused`() throws {
        try ScratchDirectory.with { state in
            _ = try Authority.make(state: state, now: now)
            let key = SigningKey()
            try KeyFile(state + "/ca/ca.key").replace(by: Array(key.text.utf8), isSecret: true)
            #expect(throws: KeyFault.self) { try Authority(state: state) }
        }
    }

    @Test func `the hub's key outlives its certificate`() throws {
        try ScratchDirectory.with { state in
            let authority = try Authority.make(state: state, now: now)
            try authority.certifyHub(["hub.example"], now: now)
            let first = try #require(try SigningKey(in: authority.files.hub))
            try authority.certifyHub(["hub.example", "2001:db8::1"], now: now)
            #expect(try SigningKey(in: authority.files.hub)?.publicKey == first.publicKey)
            #expect(throws: (any Error).self) { try authority.certifyHub(["no host"], now: now) }
        }
    }

    @Test func `no certificate outlives its authority`() throws {
        try ScratchDirectory.with { state in
            let authority = try Authority.make(state: state, now: now)
            let key = SigningKey()
            let request = try CertificateRequest(
                CertificateRequest.make(node: "pump-7", key: key.publicKey, sign: key.sign)
            )
            let late = authority.certificate.validity.upperBound - 86_400
            let text = try authority.sign(request, days: 30, now: late)
            let made = try #require(PEM.blocks(.certificate, in: text)?.first.flatMap { Certificate($0) })
            #expect(made.validity.upperBound == authority.certificate.validity.upperBound)
        }
    }

    @Test func `only the hash of a token is kept`() throws {
        try ScratchDirectory.with { state in
            let authority = try Authority.make(state: state, now: now)
            let token = try authority.token(for: "pump-7", seconds: 3_600, now: now)
            let bytes = try #require(try KeyFile(state + "/ca/tokens").read(isSecret: true))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text == "\(token.digest) pump-7 2026-11-18T12:06:40Z -\n")
            #expect(!text.contains(token.text.dropFirst(7).prefix(20)))
        }
    }

    @Test func `a serial number revokes one certificate, a name all of a node, once`() throws {
        try ScratchDirectory.with { state in
            let authority = try Authority.make(state: state, now: now)
            for node in ["pump-7", "pump-7", "valve-1"] {
                let key = SigningKey()
                let request = try CertificateRequest(
                    CertificateRequest.make(node: node, key: key.publicKey, sign: key.sign)
                )
                _ = try authority.sign(request, now: now)
            }
            let serials = try authority.issued().map(\.record.serial)
            #expect(try authority.revoke("\(serials[0])", now: now).map(\.serial) == [serials[0]])
            #expect(try authority.revoke("pump-7", now: now + 1).map(\.serial) == [serials[1]])
            #expect(try authority.revoke("pump-7", now: now + 2).isEmpty)
            #expect(try authority.issued().map(\.revoked) == [now, now + 1, nil])
            #expect(throws: (any Error).self) { try authority.revoke("pump-8", now: now) }
            // Of a certificate that the records have lost.
            let lost = SerialNumber(8, 9)
            #expect(try authority.revoke("\(lost)", now: now).map(\.serial) == [lost])
        }
    }

    @Test func `a record that was damaged is complained of with its line, and nothing is written`() throws {
        try ScratchDirectory.with { state in
            let authority = try Authority.make(state: state, now: now)
            let file = KeyFile(state + "/ca/tokens")
            try file.replace(by: Array("# fine\nhalf a line\n".utf8), isSecret: true)
            let fault = #expect(throws: KeyFault.self) { try authority.token(for: "p", seconds: 60, now: now) }
            #expect(fault?.description.contains("line 2 is damaged") == true)
            #expect(try file.read(isSecret: true) == Array("# fine\nhalf a line\n".utf8))
        }
    }
}
