// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Glibc
import Keys
import Sealing
import TestSupport
import Testing

@Suite struct SealKeysTests {
    private let content = ContentKey.random()

    private func write(_ text: String, _ path: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, mode)
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
    }

    private func bytes(_ key: ContentKey?) -> [UInt8]? { key.map { $0.secret.withUnsafeBytes { Array($0) } } }

    @Test func `a key is made once, for its owner only, and opens what is wrapped for its line`() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/seal.key"
            let made = try SealKeys(path: path, name: "hub", makesKey: true)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let recipient = try #require(SealRecipient(line: made.recipients[0].line))
            let wrapped = try recipient.wrap(content, SealTranscript())
            #expect(wrapped.encapsulated.count == WrappedKey.encapsulatedBytes)
            #expect(wrapped.sealed.count == WrappedKey.sealedBytes)
            let again = try SealKeys(path: path, name: "hub", makesKey: false)
            #expect(bytes(again.unwrap([wrapped], SealTranscript())) == bytes(content))
            var elsewhere = SealTranscript()
            elsewhere.absorb([1])
            #expect(again.unwrap([wrapped], elsewhere) == nil)
            let stranger = try SealKeys(path: directory + "/other.key", name: "other", makesKey: true)
            #expect(stranger.unwrap([wrapped], SealTranscript()) == nil)
        }
    }

    @Test func `each of several recipients opens the same content key`() throws {
        try ScratchDirectory.with { directory in
            let hubs = try (0..<3).map { try SealKeys(path: "\(directory)/\($0)", name: "h\($0)", makesKey: true) }
            let file = directory + "/hubs.seal"
            try write("# all of them\n\n" + hubs.map { $0.recipients[0].line + "\n" }.joined(), file, mode: 0o644)
            let recipients = try SealRecipients(path: file)
            #expect(recipients.all.map(\.name) == ["h0", "h1", "h2"])
            let wrapped = try recipients.all.map { try $0.wrap(content, SealTranscript()) }
            for hub in hubs { #expect(bytes(hub.unwrap(wrapped, SealTranscript())) == bytes(content)) }
        }
    }

    @Test func `one wrapped key is tried, however many there are`() throws {
        try ScratchDirectory.with { directory in
            let keys = try SealKeys(path: directory + "/seal.key", name: "hub", makesKey: true)
            let good = try keys.recipients[0].wrap(content, SealTranscript())
            var bad = good
            bad.sealed[0] ^= 1
            #expect(keys.unwrap([bad, good], SealTranscript()) == nil)
            #expect(keys.unwrap([good, bad], SealTranscript()) != nil)
            var short = good
            short.sealed.removeLast()
            #expect(keys.unwrap([short], SealTranscript()) == nil)
        }
    }

    @Test func `no two content keys are alike`() {
        let keys = (0..<100).map { _ in bytes(ContentKey.random()) }
        #expect(Set(keys).count == 100 && keys.allSatisfy { $0?.count == ContentKey.bytes })
    }

    @Test func `a new key comes first and the older ones still open`() throws {
        try ScratchDirectory.with { directory in
            let keys = try SealKeys(path: directory + "/seal.key", name: "hub", makesKey: true)
            let old = keys.recipients[0]
            let wrapped = try old.wrap(content, SealTranscript())
            try keys.rotate()
            #expect(keys.recipients.count == 2 && keys.recipients[1].identifier == old.identifier)
            #expect(bytes(keys.unwrap([wrapped], SealTranscript())) == bytes(content))
            for _ in 0..<6 { try keys.rotate() }
            #expect(throws: KeyFault.self) { try keys.rotate() }
            #expect(keys.recipients.count == 8)
        }
    }

    @Test func `files that cannot be used are named, with what to do`() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/seal.key"
            func reason(_ body: () throws -> Void) -> String {
                let fault = #expect(throws: KeyFault.self) { try body() }
                #expect(fault?.path.hasPrefix(directory) == true)
                return fault?.reason ?? ""
            }
            func open() throws { _ = try SealKeys(path: path, name: "hub", makesKey: false) }
            #expect(reason(open).contains("first runs"))
            _ = try SealKeys(path: path, name: "hub", makesKey: true)
            chmod(path, 0o640)
            #expect(reason(open).contains("chmod 600"))
            for nonsense in ["", "sluice seal key v1\n", "sluice seal key v1\nx-wing AAAA\n", "x-wing\n"] {
                try write(nonsense, path)
                #expect(reason(open).contains("put it back from a backup"), "\(nonsense)")
            }
            let file = directory + "/hub.seal"
            func read() throws { _ = try SealRecipients(path: file) }
            #expect(reason(read).contains("sluice-hub keys"))
            try write("# nobody\n", file)
            #expect(reason(read).contains("0 sealing keys"))
            try write("sluice-seal-1 AAAA hub\n", file)
            #expect(reason(read).contains("line 1"))
        }
    }

    @Test func `what is read again and cannot be used changes nothing`() throws {
        try ScratchDirectory.with { directory in
            let keys = try SealKeys(path: directory + "/seal.key", name: "hub", makesKey: true)
            let file = directory + "/hub.seal"
            try write(keys.recipients[0].line, file)
            let recipients = try SealRecipients(path: file)
            try write("nonsense", file)
            try write("nonsense", directory + "/seal.key")
            #expect(throws: KeyFault.self) { try recipients.load() }
            #expect(throws: KeyFault.self) { try keys.load() }
            #expect(recipients.all.count == 1 && keys.recipients.count == 1)
        }
    }
}
