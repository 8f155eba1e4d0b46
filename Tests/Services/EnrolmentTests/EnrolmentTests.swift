// SPDX-License-Identifier: Apache-2.0

import Certification
import Enrolment
import Glibc
import Keys
import TestSupport
import Testing

/// Nodes at a door, each with a key and, if all is well, a certificate.
@Suite(.timeLimit(.minutes(1))) struct EnrolmentTests {
    private func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "it was not refused"
        } catch {
            return "\(error)"
        }
    }

    @Test func `a token gets a certificate for the node that it names, and files that fit together`() async throws {
        try await DoorFixture.with { site in
            let made = try await site.enrolment().enrol(try site.token())
            let own = try #require(try site.node().current())
            #expect(own.certificate == made && made.names == ["pump-7"])
            #expect(own.key.publicKey == made.key)
            #expect(try site.node().trusted() == site.authority.certificate)
            #expect(!IdentityFiles.exists(site.node().pending))
            #expect(try site.authority.issued().map(\.record.serial) == [made.serial])
            #expect(site.door.statistics() == EnrolmentStatistics(issued: 1, refused: 0))
        }
    }

    @Test func `keys are for their owner alone, or refused`() async throws {
        try await DoorFixture.with { site in
            let token = try site.token()
            _ = try site.node().pendingKey()
            let paths = { [site.node().pending.path, site.node().identity.path, site.authority.files.hub.path] }
            var status = stat()
            #expect(stat(site.node().pending.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            _ = try await site.enrolment().enrol(token)
            for path in paths().dropFirst() {
                #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
                chmod(path, 0o640)
            }
            #expect(throws: KeyFault.self) { try site.node().current() }
            #expect(throws: KeyFault.self) { try site.authority.certifyHub(["localhost"], now: DoorFixture.now) }
            chmod(site.authority.files.directory + "/ca.key", 0o604)
            #expect(throws: KeyFault.self) { try Authority(state: site.directory + "/hub") }
        }
    }

    @Test func `a token is good for one key only`() async throws {
        try await DoorFixture.with { site in
            let token = try site.token()
            _ = try await site.enrolment().enrol(token)
            let said = await refusal { _ = try await site.enrolment("thief").enrol(token) }
            #expect(said.contains("was used, for another key"), "\(said)")
            #expect(try site.authority.issued().count == 1)
        }
    }

    @Test func `who lost the answer gets it again with the same key`() async throws {
        try await DoorFixture.with { site in
            let token = try site.token()
            let key = try site.node().pendingKey()
            let request = try CertificateRequest.make(node: "pump-7", key: key.publicKey, sign: key.sign)
            _ = try await site.client.enrol(token, request, authority: site.authority.certificate)
            let made = try await site.enrolment().enrol(token)
            #expect(made.key == key.publicKey)
        }
    }

    @Test func `a token is good for its node only`() async throws {
        try await DoorFixture.with { site in
            let token = try site.token()
            let other = EnrolmentToken(node: "valve-1", secret: token.secret, authority: token.authority)
            let said = await refusal { _ = try await site.enrolment().enrol(other) }
            #expect(said.contains("is for node pump-7, not for valve-1"), "\(said)")
            // It was not used up by that.
            _ = try await site.enrolment().enrol(token)
        }
    }

    @Test func `a token that has expired, or was taken back, is good for nothing`() async throws {
        try await DoorFixture.with { site in
            let old = try site.authority.token(for: "pump-7", seconds: 60, now: DoorFixture.now - 61)
            let said = await refusal { _ = try await site.enrolment().enrol(old) }
            #expect(said.contains("has expired"), "\(said)")
            let token = try site.token()
            _ = try site.authority.revoke("pump-7", now: DoorFixture.now)
            let then = await refusal { _ = try await site.enrolment().enrol(token) }
            #expect(then.contains("knows no such token"), "\(then)")
            #expect(try site.authority.issued().isEmpty)
        }
    }

    @Test func `the log says who came, and no secret`() async throws {
        try await DoorFixture.with { site in
            let (token, guess) = (try site.token(), site.guess())
            _ = try await site.enrolment().enrol(token)
            _ = await refusal { _ = try await site.enrolment("thief").enrol(token) }
            _ = await refusal { _ = try await site.enrolment("thief").enrol(guess) }
            let said = site.log.all
            #expect(said.contains("a certificate was issued") && said.contains("pump-7") && said.contains("127.0.0.1"))
            for secret in [token.text, guess.text] {
                #expect(!said.contains(secret.dropFirst("pump-7.".count).prefix(22)), "\(said)")
            }
            #expect(!said.contains("PRIVATE KEY"))
        }
    }

    @Test func `after some wrong tokens none is looked at, and who has a certificate still renews it`() async throws {
        try await DoorFixture.with { site in
            _ = try await site.enrolment("old").enrol(try site.token("valve-1"))
            for _ in 0..<5 {
                let said = await refusal { _ = try await site.enrolment().enrol(site.guess()) }
                #expect(said.contains("knows no such token"), "\(said)")
            }
            let token = try site.token()
            let said = await refusal { _ = try await site.enrolment().enrol(token) }
            #expect(said.contains("too many wrong tokens"), "\(said)")
            _ = try await site.enrolment("old").rotate()
        }
    }

    @Test func `nothing is sent to a hub of another authority, not even with ours in its chain`() async throws {
        try await DoorFixture.with { site in
            try await DoorFixture.with(site.directory, "other") { other in
                let token = try site.token()
                let first = await refusal { _ = try await other.enrolment().enrol(token) }
                #expect(first.contains("nothing was sent to it"), "\(first)")
                let hub = other.authority.files.hub
                let text = String(decoding: try #require(try hub.read(isSecret: true)), as: UTF8.self)
                let spoofed = text.replacing(other.authority.text, with: site.authority.text)
                try #require(spoofed != text)
                try hub.replace(by: Array(spoofed.utf8), isSecret: true)
                other.door.reload()
                let second = await refusal { _ = try await other.enrolment().enrol(token) }
                #expect(second.contains("CERTIFICATE_VERIFY_FAILED"), "\(second)")
                #expect(other.door.statistics() == EnrolmentStatistics())
            }
        }
    }

    @Test func `a hub by a name that its certificate does not have is not trusted`() async throws {
        try await DoorFixture.with { site in
            try site.authority.certifyHub(["hub.example"], now: DoorFixture.now)
            site.door.reload()
            let token = try site.token()
            let said = await refusal { _ = try await site.enrolment().enrol(token) }
            #expect(said.contains("sluice-hub ca host"), "\(said)")
            #expect(site.door.statistics() == EnrolmentStatistics())
        }
    }

    @Test func `rotation makes another key and certificate for the same node`() async throws {
        try await DoorFixture.with { site in
            let first = try await site.enrolment().enrol(try site.token())
            let second = try await site.enrolment().rotate()
            #expect(second.names == first.names && second.key != first.key && second.serial != first.serial)
            #expect(try site.node().current()?.certificate == second)
        }
    }

    @Test func `a certificate that was revoked, or is for another node, renews nothing`() async throws {
        try await DoorFixture.with { site in
            _ = try await site.enrolment().enrol(try site.token())
            let own = try #require(try site.node().current())
            let key = SigningKey()
            let request = try CertificateRequest.make(node: "valve-1", key: key.publicKey, sign: key.sign)
            let other = await refusal {
                _ = try await site.client.renew(own, request, authority: site.authority.certificate)
            }
            #expect(other.contains("is for pump-7, not for valve-1"), "\(other)")
            #expect(try site.authority.revoke("pump-7", now: DoorFixture.now).map(\.serial) == [own.certificate.serial])
            let said = await refusal { _ = try await site.enrolment().rotate() }
            #expect(said.contains("was revoked"), "\(said)")
            #expect(try site.node().current()?.certificate == own.certificate)
            // A new token makes up for it, in the place of the old key.
            let again = try await site.enrolment().enrol(try site.token())
            #expect(again.key != own.certificate.key)
            _ = try await site.enrolment().rotate()
        }
    }

    @Test func `a certificate of another authority renews nothing`() async throws {
        try await DoorFixture.with { site in
            try await DoorFixture.with(site.directory, "other") { other in
                _ = try await other.enrolment("stranger").enrol(try other.token())
                let own = try #require(try other.node("stranger").current())
                let request = try CertificateRequest.make(node: "pump-7", key: own.key.publicKey, sign: own.key.sign)
                _ = await refusal {
                    _ = try await site.client.renew(own, request, authority: site.authority.certificate)
                }
                #expect(try site.authority.issued().isEmpty)
            }
        }
    }

    @Test func `a node of another fleet keeps what it has`() async throws {
        try await DoorFixture.with { site in
            try await DoorFixture.with(site.directory, "other") { other in
                _ = try await site.enrolment().enrol(try site.token())
                let said = await refusal { _ = try await other.enrolment().enrol(try other.token()) }
                #expect(said.contains("is in another hub's fleet"), "\(said)")
                _ = try await site.enrolment().rotate()
            }
        }
    }
}
