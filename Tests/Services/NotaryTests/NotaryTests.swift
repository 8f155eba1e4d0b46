// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Keys
import Notary
import Provenance
import Storage
import Testing

@Suite(.timeLimit(.minutes(2))) struct NotaryTests {
    @Test func `whatever has landed is proven, from the first event to the last`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            try await NotaryFixture.land(1...3, in: log)
            try await NotaryFixture.land(1...255, partition: 2, in: log)
            try await NotaryFixture.land(4...600, in: log)
            // Parts of it had landed: only what is new makes leaves.
            try await NotaryFixture.land(590...700, in: log)
            try await NotaryFixture.land(256...257, partition: 2, in: log)
            let notary = try await hub.notarise(log)
            #expect(notary.leaves == 957)
            let reader = try hub.reader()
            let keys = try hub.keys()
            let identities =
                [1, 3, 4, 255, 256, 257, 512, 600, 601, 700].map { NotaryFixture.identity($0) }
                + [1, 128, 255, 256, 257].map { NotaryFixture.identity($0, partition: 2) }
            for identity in identities {
                let file = Array(try reader.proof(of: identity).text.utf8)
                let proven = try Proven(file, keys: keys)
                #expect(proven.event.identity == identity)
                #expect(proven.event.payload == Array("\(identity.sequence)".utf8))
                #expect(proven.checkpoint.size == 957)
            }
            await log.close()
        }
    }

    @Test func `a tree of more than two levels of subtrees proves as well`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            for start in stride(from: UInt64(1), to: 66_000, by: 3_000) {
                try await NotaryFixture.land(start...start + 2_999, in: log)
            }
            #expect(try await hub.notarise(log).leaves == 66_000)
            let reader = try hub.reader()
            let keys = try hub.keys()
            for sequence: UInt64 in [1, 65_536, 65_537, 66_000] {
                let file = Array(try reader.proof(of: NotaryFixture.identity(sequence)).text.utf8)
                #expect(try Proven(file, keys: keys).event.identity.sequence == sequence)
            }
            #expect(try hub.audit().findings.isEmpty)
            await log.close()
        }
    }

    @Test func `a tree goes on after every restart, and begins with what was signed before`() async throws {
        try await NotaryFixture.with { hub in
            var witnessed: [SignedNote] = []
            var last: UInt64 = 0
            for count: UInt64 in [1, 254, 1, 1, 300, 7, 512] {
                try await hub.landed(last + 1...last + count)
                last += count
                let proof = try hub.reader().proof(of: NotaryFixture.identity(last))
                witnessed.append(proof.note)
                #expect(Checkpoint(text: proof.note.text)?.size == last)
            }
            let audit = try hub.audit(witnessed)
            #expect(audit.findings.isEmpty)
            #expect(audit.compared == last)
            #expect(audit.checkpoints >= witnessed.count)
        }
    }

    @Test func `what has not landed, or is not signed yet, is said to be so`() async throws {
        try await NotaryFixture.with { hub in
            try await hub.landed(1...10)
            let log = try hub.open()
            try await NotaryFixture.land(11...12, in: log)
            let reader = try hub.reader()
            for sequence: UInt64 in [11, 12] {
                #expect(throws: NotaryFault.notSigned(NotaryFixture.identity(sequence))) {
                    try reader.proof(of: NotaryFixture.identity(sequence))
                }
            }
            #expect(throws: NotaryFault.notLanded(NotaryFixture.identity(13))) {
                try reader.proof(of: NotaryFixture.identity(13))
            }
            await log.close()
        }
    }

    @Test func `a hub that never noted anything says where it looked`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            #expect(throws: NotaryFault.absent(path: hub.database)) { try hub.reader() }
            await log.close()
        }
    }

    @Test func `a damaged file is put aside, and another log begun over what the hub has`() async throws {
        try await NotaryFixture.with { hub in
            try await hub.landed(1...300)
            let before = try hub.reader().proof(of: NotaryFixture.identity(7))
            let keys = try hub.keys()
            try KeyFile(hub.database).replace(by: Array(repeating: 0x55, count: 8_192), isSecret: false)
            try await hub.landed(301...302)
            let after = try hub.reader().proof(of: NotaryFixture.identity(7))
            for proof in [before, after] { _ = try Proven(Array(proof.text.utf8), keys: keys) }
            #expect(Checkpoint(text: before.note.text)?.origin != Checkpoint(text: after.note.text)?.origin)
            #expect(Checkpoint(text: after.note.text)?.size == 302)
        }
    }

    @Test func `a file that is out of reach is not put aside`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            #expect(mkdir(hub.database, 0o700) == 0)
            let fault = #expect(throws: NotaryFault.self) {
                try Notary(directory: hub.directory, log: log, logID: 1, logger: NotaryFixture.quiet)
            }
            guard case .database(hub.database, _)? = fault else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(access(hub.database, F_OK) == 0)
            await log.close()
        }
    }

    @Test func `what retention drops goes, and what stays is proven as before`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open {
                $0.keepBytes = 1 << 20
                $0.segmentBytes = 64 << 10
            }
            for start in stride(from: UInt64(1), to: 40_000, by: 200) {
                try await NotaryFixture.land(start...start + 199, in: log)
                if start % 4_000 == 1 { try await hub.notarise(log) }
            }
            let kept = log.statistics().events
            #expect(kept < 35_000)
            #expect(try await hub.notarise(log).leaves == 40_000)
            let reader = try hub.reader()
            let keys = try hub.keys()
            for sequence in [40_000, 39_999, 40_001 - kept + 255] {
                let file = Array(try reader.proof(of: NotaryFixture.identity(sequence)).text.utf8)
                #expect(try Proven(file, keys: keys).event.identity.sequence == sequence)
            }
            if !(40_000 - kept).isMultiple(of: 256) {
                let oldest = NotaryFixture.identity(40_001 - kept)
                #expect(throws: NotaryFault.neighboursDropped(oldest)) { try reader.proof(of: oldest) }
            }
            let audit = try hub.audit()
            #expect(audit.findings.isEmpty)
            #expect(audit.dropped + audit.compared == 40_000)
            #expect(audit.dropped > 4_000)
            #expect(try hub.chunks() < 40_000 / 256 - 10)
            await log.close()
        }
    }
}
