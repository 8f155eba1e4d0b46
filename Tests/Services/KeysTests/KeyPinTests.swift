// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOSSL
import TestSupport
import Testing

@Suite(.enabled(if: Certificates.hasOpenSSL, "openssl is not installed")) struct KeyPinTests {
    /// By the recipe of RFC 7469 appendix A.
    @Test func `a pin is what openssl makes of the public key`() async throws {
        try await Certificates.temporary { certificates in
            let file = certificates.path("server.pem")
            let expected = await Command.output(
                "openssl x509 -in \(file) -noout -pubkey | openssl pkey -pubin -outform der "
                    + "| openssl dgst -sha256 -binary | openssl base64"
            )
            let certificate = try #require(try NIOSSLCertificate.fromPEMFile(file).first)
            #expect(KeyPin.text(of: certificate).map { $0 + "\n" } == "sha256/" + expected)
        }
    }
}
