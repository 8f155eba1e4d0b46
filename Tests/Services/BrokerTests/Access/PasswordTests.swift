// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Broker

@Suite struct PasswordTests {
    /// Of the password `secret`, made by libxcrypt.
    private static let hashes = [
        "$2b$08$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa",
        "$2y$08$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa",
        "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
        "$6$rounds=2000$saltsalt$GBImuhotpiUgeciq/ZS6UaMklAGJMK25wd5Tacv1I0CcSmxHOQQLpmVKYRPIU6LoFrr4iPAAmsqUTjBoZ."
            + "Fwr/",
        "$gy$j75$abcdefgh$lRD8hCfuUnaykqHEd24aR4OED0E.hiL5k0lM9Kg0qT5",
        "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01",
        "$7$8/..../....saltsalt$4DKM0aTHk8PFADkOpha9/kQQPnVdjKFNb1MCZWcX1I/",
    ]

    private func file(_ text: String) throws -> PasswordFile {
        try PasswordFile(Array(text.utf8), path: "passwd")
    }

    @Test(arguments: hashes) func `strong hashes of crypt are taken and checked`(text: String) throws {
        let hash = try PasswordHash(text)
        #expect(hash.matches(Array("secret".utf8)))
        for wrong in ["", "Secret", "secret ", "secret\0", "secret\0x"] { #expect(!hash.matches(Array(wrong.utf8))) }
    }

    @Test func `a hash that is made here is salted, of bounded cost, and taken`() throws {
        let first = try #require(PasswordHash(hashing: Array("pass word".utf8)))
        let second = try #require(PasswordHash(hashing: Array("pass word".utf8)))
        #expect(first != second && first.text.hasPrefix("$y$j7T$"))
        #expect(try PasswordHash(first.text).matches(Array("pass word".utf8)))
        #expect(PasswordHash(hashing: [UInt8](repeating: 0x61, count: 511)) != nil)
        #expect(PasswordHash(hashing: [UInt8](repeating: 0x61, count: 512)) == nil)
        #expect(PasswordHash(hashing: [0x61, 0]) == nil)
        #expect(try PasswordHash(PasswordHash.decoy.text) == PasswordHash.decoy)
    }

    @Test(arguments: [
        ("secret", PasswordHash.Fault.plain), ("", .plain), ("$", .plain), ("$x$y$z", .plain),
        ("abNANd1rDfiNc", .weak(method: "DES")),
        ("$7$101$c2FsdHNhbHQ=$aGFzaGhhc2g=", .ofMosquitto),
        ("$6$c2FsdHNhbHQ=$" + String(repeating: "A", count: 86) + "==", .ofMosquitto),
        ("$1$saltsalt$9xy1btjgzLYfb7hivXtC//", .weak(method: "MD5, SHA-1 or NT")),
        ("$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", .weak(method: "$5$")),
        ("$y$j9T$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag0", .damaged(method: "yescrypt")),
        // 128 MiB, and scrypt's 64.
        ("$y$jCT$abcdefgh$NzR47oRXLLTnP8FdcJq2NBFYcG/wVSO1XMnxQhJ1um8", .tooDear(method: "yescrypt")),
        ("$7$CU..../....saltsalt$NUwJnl2EzU4ACwYC9BDHKGDt.PCVFKyF6Hlr/CUA09D", .tooDear(method: "scrypt")),
        ("$2b$31$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa", .tooDear(method: "bcrypt")),
    ])
    func `what is no strong hash, or costs too much, is refused`(_ text: String, _ fault: PasswordHash.Fault) {
        #expect(throws: fault) { try PasswordHash(text) }
    }

    @Test func `faults name file, line and what to do, and no password`() throws {
        let fault = #expect(throws: AccessFault.self) { try file("# users\n\nalice:\(Self.hashes[0])\nbob:geheim\n") }
        #expect(fault?.description.hasPrefix("passwd, line 4: user bob: ") == true)
        #expect(fault?.description.contains("sluice passwd") == true && fault?.description.contains("geheim") == false)
        for text in ["alice", ":\(Self.hashes[0])", "a:\(Self.hashes[0])\na:\(Self.hashes[1])", "a:\u{0}"] {
            #expect(throws: AccessFault.self) { try file(text) }
        }
    }

    @Test func `editing changes one line and leaves the others`() throws {
        let hash = try PasswordHash(Self.hashes[0])
        let other = try PasswordHash(Self.hashes[1])
        let text = "# mine\r\n\nalice:\(hash.text)\nbob:geheim"
        func edited(_ user: String, _ hash: PasswordHash?) -> String? {
            PasswordFile.editing(Array(text.utf8), user: user, hash: hash).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(edited("alice", other) == "# mine\r\n\nalice:\(other.text)\nbob:geheim\n")
        #expect(edited("bob", other) == "# mine\r\n\nalice:\(hash.text)\nbob:\(other.text)\n")
        #expect(edited("carol", other) == text + "\ncarol:\(other.text)\n")
        #expect(edited("bob", nil) == "# mine\r\n\nalice:\(hash.text)\n")
        #expect(edited("al", nil) == nil)
        #expect(PasswordFile.editing([], user: "a", hash: hash) == Array("a:\(hash.text)\n".utf8))
    }

    @Test(arguments: ["", "a:b", "#a", " a", "a ", "a\n", String(repeating: "x", count: 1_025)])
    func `names that a line cannot hold are refused`(name: String) {
        #expect(PasswordFile.objection(to: name) != nil)
    }

    @Test func `random bytes are read or refused`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let parts = Self.hashes + ["a:", "b:", "$", "$y$", "$7$", "$6$", "$2b$", "j", "rounds=", "\n", "\0", "=", "é"]
        for _ in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                var part = Array((parts.randomElement(using: &generator) ?? "").utf8)
                if Bool.random(using: &generator), !part.isEmpty {
                    let place = Int.random(in: 0..<part.count, using: &generator)
                    part[place] = UInt8.random(in: 0...255, using: &generator)
                }
                bytes += part
            }
            _ = try? PasswordFile(bytes, path: "passwd")
        }
    }
}
