// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Testing

extension TortureTests {
    /// Proofs by the programs that people have: from the device to an exit code.
    @Suite(.serialized) struct Proofs {
        @Test(.timeLimit(.minutes(2)))
        func `what a device published is proven offline, and refuted when anything is changed`() async throws {
            try await Site.with { site in
                try await site.start()
                let published = try await site.run("sluice", "pub", "--port", "\(site.mqttPort)", "a/b", "21.5")
                try #require(published.status == .code(0), "\(published.tail)")
                try await site.drain()
                let proof = try await site.run("sluice-hub", "prove", try await Self.name(site))
                try #require(proof.status == .code(0), "\(proof.tail)")
                // Others have no more than these two files.
                let keys = "\(site.directory)/hub.keys"
                let file = "\(site.directory)/event.tlog-proof"
                try Self.write(try await site.run("sluice-hub", "keys").output, to: keys)
                try Self.write(proof.output, to: file)
                try await site.killAgent()
                try await site.killHub()
                let proven = try await site.run("sluice", "verify", "--keys", keys, file)
                #expect(proven.status == .code(0), "\(proven.tail)")
                #expect(proven.output.joined().contains(#""topic":"a/b","#))
                try Self.write(proof.output.map { $0 == "index 0" ? "index 1" : $0 }, to: file)
                #expect(try await site.run("sluice", "verify", "--keys", keys, file).status == .code(1))
                #expect(try await site.run("sluice", "verify", "--keys", file, file).status == .code(2))
                #expect(try await site.run("sluice", "verify", "--keys", keys, file + ".no").status == .code(2))
                #expect(try await site.run("sluice-hub", "audit").status == .code(0), "of a hub that was killed")
            }
        }

        /// NODE/EPOCH/PARTITION/SEQ of the newest event.
        private static func name(_ site: Site) async throws -> String {
            let rows = try await site.run("sluice-hub", "export").output
            let row = try Site.object(try #require(rows.last { !$0.isEmpty }))
            let parts = try ["node", "epoch", "partition", "seq"].map { try #require(row[$0]) }
            return parts.map { $0.filter { $0 != "\"" } }.joined(separator: "/")
        }

        private static func write(_ lines: [String], to path: String) throws {
            try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: path))
        }
    }
}
