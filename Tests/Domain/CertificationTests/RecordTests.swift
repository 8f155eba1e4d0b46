// SPDX-License-Identifier: Apache-2.0

import Certification
import Testing

@Suite struct RecordTests {
    private let serial = SerialNumber(3, 4)

    @Test func `records are read as they were written`() throws {
        let issued = IssuedRecord(serial: serial, node: "pump-7", validity: 0...1_795_000_000, pin: "sha256/x=")
        let digest = String(repeating: "0f", count: 32)
        let tokens = [
            TokenRecord(digest: digest, node: "pump-7", expiry: 1_795_000_000),
            TokenRecord(digest: digest, node: "pump-7", expiry: 1_795_000_000, usedBy: "sha256/x="),
        ]
        let revoked = RevokedRecord(serial: serial, node: "-", time: 1_795_000_000)
        #expect(try RecordLines.read("# why\n\n\(issued.line) # his\n") { IssuedRecord(fields: $0) } == [issued])
        #expect(try RecordLines.read(tokens.map(\.line).joined(separator: "\n")) { TokenRecord(fields: $0) } == tokens)
        #expect(try RecordLines.read(revoked.line) { RevokedRecord(fields: $0) } == [revoked])
    }

    @Test(arguments: ["x", "40 pump-7", "40 pump 7 2026-11-18T11:06:40Z", "40 pump-7 2026-11-18"])
    func `a damaged line is named, and nothing is read past it`(_ line: String) {
        let good = RevokedRecord(serial: serial, node: "pump-7", time: 0).line
        #expect(throws: RecordLines.Fault(line: 2)) {
            try RecordLines.read("\(good)\n\(line)\n\(good)") { RevokedRecord(fields: $0) }
        }
    }
}
