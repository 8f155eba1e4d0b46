// SPDX-License-Identifier: Apache-2.0

import Broker
import Glibc

/// An authority and what it has signed, made by openssl in a directory.
struct Certificates {
    let directory: String

    /// Makes the authority `ca` and the server's certificate `server` for localhost and 127.0.0.1.
    init(in directory: String) throws {
        self.directory = directory
        try run("req -x509 \(Self.newKey) -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
        try make("server", subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1")
    }

    private static let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    /// Signs a certificate `NAME.pem` with the key `NAME.key`.
    func make(_ name: String, subject: String, names: String, days: Int = 2) throws {
        try run("req -utf8 \(Self.newKey) -subj '\(subject)' -keyout \(name).key -out \(name).csr")
        try writeFile("\(directory)/\(name).ext", "subjectAltName=\(names)\n")
        let serial = UInt32.random(in: 1 ... .max)
        try run(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -set_serial \(serial) -days \(days) "
                + "-extfile \(name).ext -out \(name).pem"
        )
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    var files: TLSFiles { TLSFiles(certificate: path("server.pem"), key: path("server.key")) }

    private func run(_ arguments: String) throws {
        guard system("cd \(directory) && openssl \(arguments) 2>openssl.log") == 0 else {
            throw FileFault(what: "openssl \(arguments)")
        }
    }
}
