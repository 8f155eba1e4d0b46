// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An authority and what it has signed, made by openssl in a directory.
package struct Certificates {
    package static let hasOpenSSL = access("/usr/bin/openssl", X_OK) == 0

    package let directory: String

    /// Makes the authority `ca` and the server's certificate `server` for localhost and 127.0.0.1.
    package init(in directory: String) throws {
        self.directory = directory
        try run("req -x509 \(Self.newKey) -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
        try make("server", subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1")
    }

    /// In a directory of their own, which is removed after `body`.
    package static func temporary(_ body: (Certificates) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-certificates-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed(command: "mkdtemp") }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { _ = system("rm -rf \(path)") }
        try await body(Certificates(in: path))
    }

    private static let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    /// Signs a certificate `NAME.pem` with the key `NAME.key`.
    package func make(_ name: String, subject: String, names: String, days: Int = 2) throws {
        try run("req -utf8 \(Self.newKey) -subj '\(subject)' -keyout \(name).key -out \(name).csr")
        guard system("echo subjectAltName='\(names)' > \(path(name)).ext") == 0 else { throw Failed(command: "echo") }
        try sign(name, days: days)
    }

    /// Signs the same key again, with the same names: a certificate that has expired once this returns.
    package func expire(_ name: String) throws {
        try sign(name, days: 0)
        let check = "openssl x509 -in \(path(name)).pem -noout -checkend 0 >\(path("end.log"))"
        for _ in 0..<100 where system(check) == 0 { usleep(50_000) }
    }

    private func sign(_ name: String, days: Int) throws {
        let serial = UInt32.random(in: 1 ... .max)
        try run(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -set_serial \(serial) -days \(days) "
                + "-extfile \(name).ext -out \(name).pem"
        )
    }

    package func path(_ name: String) -> String { "\(directory)/\(name)" }

    private func run(_ arguments: String) throws {
        let command = "cd \(directory) && openssl \(arguments) 2>openssl.log"
        guard system(command) == 0 else { throw Failed(command: command) }
    }

    /// A command that did not work.
    package struct Failed: Error {
        package var command: String
    }
}
