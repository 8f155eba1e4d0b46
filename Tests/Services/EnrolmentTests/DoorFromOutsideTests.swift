// SPDX-License-Identifier: Apache-2.0

import Certification
import Enrolment
import Keys
import TestSupport
import Testing

/// What a stranger finds at the door.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
struct DoorFromOutsideTests {
    /// Everything that comes back for these bytes.
    private func answer(to request: String, at site: DoorFixture, _ options: String = "-tls1_3") async throws -> String
    {
        let file = KeyFile("\(site.directory)/request")
        try file.replace(by: Array(request.utf8), isSecret: false)
        return await Command.output(
            "(cat \(file.path); sleep 1) | timeout 10 openssl s_client -connect 127.0.0.1:\(site.port) -quiet "
                + "-CAfile \(site.authority.files.certificate.path) \(options) 2>&1"
        )
    }

    private func post(_ body: String, _ token: String?, to path: String = "/enrol") -> String {
        let header = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return "POST \(path) HTTP/1.1\r\nHost: hub\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func request(_ sign: ([UInt8]) throws -> [UInt8]? = { _ in nil }) throws -> String {
        let key = SigningKey()
        return PEM.text(
            .request,
            try CertificateRequest.make(node: "pump-7", key: key.publicKey) { try sign($0) ?? key.sign($0) }
        )
    }

    @Test func `each fault has an answer that says what is wrong`() async throws {
        try await DoorFixture.with {
            $0.maximumFailures = 1_000
        } _: { site in
            let token = try site.token().text
            let cases = [
                ("GET /enrol HTTP/1.1\r\nHost: hub\r\n\r\n", "405"), (post("", token, to: "/"), "404"),
                (post(try request(), nil), "401"), (post(try request(), String(token.dropLast())), "403"),
                (post("", token), "400"), (post("no request", token), "400"),
                (post(try request() + request(), token), "400"),
                (post(try request { try SigningKey().sign($0) }, token), "400"),
                (post(try request(), nil, to: "/renew"), "403"), (post(try request(), token), "200"),
            ]
            for (text, status) in cases {
                let said = try await answer(to: text, at: site)
                #expect(said.contains("HTTP/1.1 \(status) "), "\(text)\n\(said)")
            }
            #expect(try site.authority.issued().count == 1)
        }
    }

    @Test func `what is too large, too old or no HTTP gets nothing`() async throws {
        try await DoorFixture.with { site in
            let token = try site.token().text
            let texts = [
                post(String(repeating: "x", count: 25_000), token), "hello\r\n\r\n",
                "POST /enrol HTTP/1.1\r\nA: " + String(repeating: "x", count: 30_000) + "\r\n\r\n",
            ]
            for text in texts {
                let said = try await answer(to: text, at: site)
                #expect(!said.contains("HTTP/1.1 200"), "\(said)")
            }
            let old = try await answer(to: post(try request(), token), at: site, "-tls1_2")
            #expect(!old.contains("HTTP/1.1"), "\(old)")
            #expect(try site.authority.issued().isEmpty)
        }
    }

    @Test func `connections are few and end in time`() async throws {
        try await DoorFixture.with {
            $0.maximumConnections = 2
            $0.deadline = .milliseconds(300)
        } _: { site in
            let silent = try (0..<2).map { _ in try RawSocket(port: site.port) }
            for socket in silent + [try RawSocket(port: site.port)] {
                let fault = #expect(throws: RawSocket.Failure.self) { try socket.receive(1, within: .seconds(20)) }
                #expect(fault != .timedOut)
            }
            _ = try await site.enrolment().enrol(try site.token())
        }
    }
}
