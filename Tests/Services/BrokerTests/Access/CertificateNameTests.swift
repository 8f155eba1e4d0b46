// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import TestSupport
import Testing

@testable import Keys

@Suite(.enabled(if: Shell.hasOpenSSL, "openssl is not installed")) struct CertificateNameTests {
    private func bytes(_ path: String) throws -> [UInt8] {
        try #require(try NIOSSLCertificate.fromPEMFile(path).first).toDERBytes()
    }

    @Test func `names are found where they are, and nowhere else`() async throws {
        try await withDirectory { directory in
            let certificates = try Certificates(in: directory)
            let cases: [(subject: String, names: String, expected: String?)] = [
                ("/C=DE/O=Works/CN=pump-7", "DNS:other", "pump-7"), ("/CN=first/CN=last", "DNS:other", "last"),
                ("/CN=Übergabe 1", "DNS:other", "Übergabe 1"),
                ("/O=Works", "IP:192.0.2.1,DNS:valve.example", "valve.example"),
                ("/O=Works", "email:a@b.example,URI:urn:device:7,DNS:late", "urn:device:7"),
                ("/O=Works", "IP:192.0.2.1", nil), ("/O=Works/CN=a:b", "DNS:other", "a:b"),
            ]
            for (number, one) in cases.enumerated() {
                try certificates.make("c\(number)", subject: one.subject, names: one.names)
                #expect(CertificateName.read(try bytes("\(directory)/c\(number).pem")) == one.expected, "\(one)")
            }
        }
    }

    @Test func `damaged certificates are read to nothing or to something, never beyond their end`() async throws {
        try await withDirectory { directory in
            let whole = try bytes(Certificates(in: directory).path("server.pem"))
            for count in 0..<whole.count { _ = CertificateName.read(Array(whole[..<count])) }
            let seed = UInt64.random(in: 0...UInt64.max)
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<20_000 {
                var damaged = whole
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(
                        in: 0...255,
                        using: &generator
                    )
                }
                _ = CertificateName.read(damaged)
            }
        }
    }
}
