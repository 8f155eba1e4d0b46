// SPDX-License-Identifier: Apache-2.0

import Certification
import Crypto
import TestSupport
import Testing

@Suite struct CertificateTests {
    @Test func `a certificate is read as it was written`() throws {
        let fixture = try Fixture()
        let certificate = try #require(Certificate(try fixture.certificate(.node)))
        #expect(certificate.serial == SerialNumber(.max, 7))
        #expect(certificate.issuer == "Sluice CA")
        #expect(certificate.names == ["pump-7"])
        #expect(certificate.validity == Fixture.start...Fixture.start + 365 * 86_400)
        #expect(certificate.key == PublicKey(fixture.nodeKey.publicKey))
        #expect(certificate.isSigned(by: fixture.authority.key))
        #expect(!certificate.isSigned(by: certificate.key))
        #expect(fixture.authority.isSigned(by: fixture.authority.key))
        #expect(SerialNumber(ofCertificate: certificate.bytes) == certificate.serial)
    }

    /// RFC 5280 section 4.1.2.5 has one form until 2049 and another from 2050 on.
    @Test(arguments: [0, 2_524_607_999, 2_524_608_000, 2_840_140_800, 7_258_118_400] as [Int64])
    func `a certificate may end in the next century`(_ end: Int64) throws {
        let certificate = Certificate(try Fixture().certificate(.node, validity: 0...end))
        #expect(certificate?.validity == 0...end)
    }

    @Test func `no byte of a certificate can be changed`() throws {
        let fixture = try Fixture()
        let whole = try fixture.certificate(.node)
        for index in whole.indices {
            for bit in 0..<8 {
                var changed = whole
                changed[index] ^= 1 << UInt8(bit)
                let isTaken = Certificate(changed)?.isSigned(by: fixture.authority.key) ?? false
                #expect(!isTaken, "byte \(index), bit \(bit)")
            }
        }
        for count in whole.indices { #expect(Certificate(Array(whole[..<count])) == nil) }
    }

    /// OpenSSL and BoringSSL judge by the same rules as any other stranger.
    @Test(.enabled(if: Certificates.hasOpenSSL, "openssl is not installed"))
    func `openssl takes what is written here, for what it is meant for`() async throws {
        let fixture = try Fixture()
        try await Certificates.temporary { scratch in
            let hosts = ["hub.example", "192.0.2.1", "2001:db8::1"].compactMap { HostName($0) }
            try write(PEM.text(.certificate, fixture.authority.bytes), scratch.path("fleet.pem"))
            try write(PEM.text(.certificate, try fixture.certificate(.node)), scratch.path("node.pem"))
            try write(PEM.text(.certificate, try fixture.certificate(.hub(hosts))), scratch.path("hub.pem"))
            let moment = Fixture.start + 86_400
            let verify =
                "openssl verify -x509_strict -attime \(moment) -CAfile \(scratch.path("fleet.pem")) -purpose"
            let node = await Command.output("\(verify) sslclient \(scratch.path("node.pem")) 2>&1")
            #expect(node.hasSuffix(": OK\n"), "\(node)")
            let wrong = await Command.output("\(verify) sslserver \(scratch.path("node.pem")) 2>&1")
            #expect(wrong.contains("purpose"), "\(wrong)")
            for host in ["-verify_hostname hub.example", "-verify_ip 192.0.2.1", "-verify_ip 2001:db8::1"] {
                let hub = await Command.output("\(verify) sslserver \(host) \(scratch.path("hub.pem")) 2>&1")
                #expect(hub.hasSuffix(": OK\n"), "\(hub)")
            }
            let text = await Command.output("openssl x509 -in \(scratch.path("fleet.pem")) -noout -text")
            #expect(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign"), "\(text)")
        }
    }

    @Test func `a certificate says its moments to the second, this century and the next`() {
        for seconds: Int64 in [0, 951_782_399, 951_782_400, 2_524_607_999, 2_524_608_000, 4_102_444_800, 7_258_118_400]
        {
            #expect(CalendarTime.seconds(CalendarTime.text(seconds)) == seconds)
        }
        #expect(CalendarTime.text(1_795_000_000) == "2026-11-18T11:06:40Z")
        for text in ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "20261118110640Z", "2026-11-18T11:06:40", ""] {
            #expect(CalendarTime.seconds(text) == nil, "\(text)")
        }
    }

    @Test func `serial numbers have one text each`() {
        #expect(SerialNumber(text: "7fff00")?.description == "7fff00")
        for text in ["7FFF00", "007f", "8f", "7ff", "zz", "+1", String(repeating: "7f", count: 21)] {
            #expect(SerialNumber(text: text) == nil, "\(text)")
        }
        #expect(SerialNumber(0, 0).description == "40000000000000000000000000000000")
    }
}
