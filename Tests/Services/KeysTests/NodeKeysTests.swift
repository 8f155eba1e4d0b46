// SPDX-License-Identifier: Apache-2.0

import Glibc
import Keys
import Provenance
import TestSupport
import Testing

@Suite struct NodeKeysTests {
    @Test func `a node has the same keys at every start`() throws {
        try ScratchDirectory.with { directory in
            let first = try NodeKeys(directory: directory)
            let second = try NodeKeys(directory: directory)
            for kind in SignatureKind.allCases {
                #expect(first.verifierKey(kind, name: "n") != nil)
                #expect(first.verifierKey(kind, name: "n") == second.verifierKey(kind, name: "n"))
            }
        }
    }

    @Test func `two nodes never have the same keys`() throws {
        let keys = try (0..<2).map { _ in
            try ScratchDirectory.with { try NodeKeys(directory: $0).verifierKey(.ed25519, name: "n") }
        }
        #expect(keys[0] != keys[1])
    }

    @Test func `what a node signs is valid under its public keys`() throws {
        try ScratchDirectory.with { directory in
            let keys = try NodeKeys(directory: directory)
            let message = Array("message".utf8)
            let classical = try #require(keys.verifierKey(.ed25519, name: "n"))
            let postQuantum = try #require(keys.verifierKey(.mlDSA65, name: "n"))
            #expect(classical.isValid(try keys.sign(message), of: message))
            #expect(postQuantum.isValid(try keys.signPostQuantum(message), of: message))
            #expect(!postQuantum.isValid(try keys.signPostQuantum(message), of: message + [0]))
        }
    }

    @Test func `the key file is for its owner alone`() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/" + NodeKeys.fileName
            _ = try NodeKeys(directory: directory)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            for mode: mode_t in [0o604, 0o640, 0o660] {
                #expect(chmod(path, mode) == 0)
                let fault = #expect(throws: KeyFault.self) { try NodeKeys(directory: directory) }
                #expect(fault?.description.hasPrefix("\(path): others may read this private key") == true)
            }
        }
    }

    @Test func `a damaged key file is never replaced by a new key`() throws {
        try ScratchDirectory.with { directory in
            let file = KeyFile(directory + "/" + NodeKeys.fileName)
            _ = try NodeKeys(directory: directory)
            let whole = try #require(try file.read(isSecret: true))
            for length in 0..<whole.count {
                try file.replace(by: Array(whole[..<length]), isSecret: true)
                #expect(throws: KeyFault.self) { try NodeKeys(directory: directory) }
            }
            #expect(try file.read(isSecret: true) == Array(whole.dropLast()))
        }
    }

    @Test func `what a start that was cut short has left does no harm`() throws {
        try ScratchDirectory.with { directory in
            let file = KeyFile(directory + "/" + NodeKeys.fileName + ".new")
            try file.replace(by: Array("half".utf8), isSecret: false)
            _ = try NodeKeys(directory: directory)
            #expect(try file.read(isSecret: false) == nil)
        }
    }
}
