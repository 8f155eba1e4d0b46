// SPDX-License-Identifier: Apache-2.0

import Events
import Notary
import Provenance
import TestSupport
import Testing

@testable import Storage

/// What the owner of a hub could do to its files, and that it shows.
@Suite(.timeLimit(.minutes(2))) struct AuditTests {
    private func identity(_ sequence: UInt64) -> EventIdentity { NotaryFixture.identity(sequence) }

    /// A hub with 1,000 events in batches of 50, and a proof that somebody has kept.
    private func with(_ body: (NotaryFixture, SignedNote) async throws -> Void) async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            for start in stride(from: UInt64(1), to: 1_000, by: 50) {
                try await NotaryFixture.land(start...start + 49, in: log)
            }
            try await hub.notarise(log)
            await log.close()
            try await body(hub, try hub.reader().proof(of: identity(500)).note)
        }
    }

    @Test func `an untouched hub has nothing to hide`() async throws {
        try await with { hub, witnessed in
            let audit = try hub.audit([witnessed])
            #expect(audit.findings.isEmpty)
            #expect(audit.compared == 1_000)
            #expect(audit.dropped == 0)
            #expect(audit.checkpoints == 2)
        }
    }

    @Test func `a changed event is named`() async throws {
        try await with { hub, _ in
            try hub.replaceBatch(at: 5) { $0.payload = Array("forged".utf8) }
            #expect(try hub.audit().findings == [.changed(identity(201))])
            #expect(throws: NotaryFault.changed(identity(230))) { try hub.reader().proof(of: identity(230)) }
        }
    }

    @Test func `events that were taken out are named`() async throws {
        try await with { hub, _ in
            try hub.tamper("hub.db", "DELETE FROM log_1 WHERE position = 7")
            try hub.tamper("hub.db", "UPDATE log_1 SET position = -(position - 1) WHERE position > 7")
            try hub.tamper("hub.db", "UPDATE log_1 SET position = -position WHERE position < 0")
            let finding = HistoryFinding.missing(count: 50, first: identity(301), next: identity(351))
            #expect(try hub.audit().findings == [finding])
        }
    }

    @Test func `events that were taken out at the end are counted`() async throws {
        try await with { hub, _ in
            try hub.tamper("hub.db", "DELETE FROM log_1 WHERE position = 20")
            #expect(try hub.audit().findings == [.missing(count: 50, first: nil, next: nil)])
        }
    }

    @Test func `events in another order are named`() async throws {
        try await with { hub, _ in
            for change in ["-3 WHERE position = 4", "4 WHERE position = 3", "3 WHERE position = -3"] {
                try hub.tamper("hub.db", "UPDATE log_1 SET position = \(change)")
            }
            #expect(try hub.audit().findings == (151...200).map { .reordered(identity($0)) })
        }
    }

    @Test func `a history that was written and signed anew is another one than was witnessed`() async throws {
        try await with { hub, witnessed in
            let log = try #require(Checkpoint(text: witnessed.text)?.origin.split(separator: "/").last)
            try hub.replaceBatch(at: 5) { $0.payload = Array("forged".utf8) }
            try await hub.notariseAnew(logID: try #require(UInt64(log, radix: 16)))
            #expect(try hub.audit().findings.isEmpty)
            #expect(try hub.audit([witnessed]).findings == [.forked(size: 1_000)])
        }
    }

    @Test func `a notary's file that was changed does not fit what it has signed`() async throws {
        try await with { hub, _ in
            try hub.tamper("provenance.db", "UPDATE subtrees SET hash = zeroblob(32) WHERE number = 1")
            let findings = try hub.audit().findings
            #expect(findings.first == .forked(size: 1_000))
            #expect(findings.last == .altered(first: identity(257), last: identity(512)) || findings.count == 1)
        }
        try await with { hub, _ in
            try hub.tamper("provenance.db", "UPDATE checkpoints SET note = replace(note, 'A', 'B')")
            #expect(try hub.audit().findings == [.forked(size: 1_000)])
        }
    }
}
