// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Storage
import TestSupport
import Testing

extension TortureTests {
    /// kill -9 while primers are made, published and used, and stores that have lost theirs.
    @Suite(.serialized) struct Primers {
        private static let kills = 8 * Torture.rounds
        /// Full after some events, so that each start comes to it.
        private static let small = ["SLUICE_PRIMER": "1KiB"]

        private func execute(_ sql: String, in path: String) throws {
            let database = try SQLiteConnection(path: path)
            database.setBusyTimeout(milliseconds: 5_000)
            try database.execute(sql)
        }

        private func primers(of site: Site) throws -> (all: Int64, used: Int64) {
            let database = try SQLiteConnection(path: "\(site.hubDirectory)/hub.db", readOnly: true)
            database.setBusyTimeout(milliseconds: 5_000)
            return (
                try database.integer("SELECT count(*) FROM primers") ?? 0,
                try database.integer("SELECT sum(used) FROM primers") ?? 0
            )
        }

        private func active(_ site: Site) async throws {
            try await waiting(for: "a primer in use", within: .seconds(60), every: .milliseconds(50)) {
                try await site.status()["primer"]?.contains("\"active\":true") == true ? () : nil
            }
        }

        /// The link takes a fifth of a second there and back, so that kills fall between publication, answer and use.
        @Test(.timeLimit(.minutes(10)), arguments: [true, false])
        func `kill -9 between publication, answer and use loses, repeats and reorders nothing`(
            isAgent: Bool
        ) async throws {
            try await Site.with(Self.small) { site in
                try await site.link.shape(LinkShape(delayUp: .milliseconds(100), delayDown: .milliseconds(100)))
                try await site.start()
                let devices = site.devices(2, rate: 400)
                try await site.publishing(devices) {
                    var generator = SeededGenerator(seed: Torture.seed)
                    for _ in 0..<Self.kills {
                        let moment = Int.random(in: 0..<1_500, using: &generator)
                        try await Task.sleep(for: .milliseconds(moment))
                        try await site.killAgent()
                        // Each start makes a primer and publishes it.
                        try execute("DELETE FROM primers", in: "\(site.agentDirectory)/store.db")
                        try await site.startAgent()
                        if isAgent { continue }
                        try await Task.sleep(for: .milliseconds(moment / 2))
                        try await site.killHub()
                        // What no batch names may go at any time.
                        try execute("DELETE FROM primers WHERE used = 0", in: "\(site.hubDirectory)/hub.db")
                        try await site.startHub()
                    }
                    try await active(site)
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "seed \(Torture.seed): \(verdict)")
                let kept = try primers(of: site)
                print("torture: primers, killed \(Self.kills) times: \(kept) at the hub, \(verdict)")
                #expect(kept.used > 0)
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a hub that lost its primers while it runs is given them, and loses nothing`() async throws {
            try await Site.with(Self.small) { site in
                try await site.start()
                let devices = site.devices(2, rate: 500)
                try await site.publishing(devices) {
                    // A hub that asks more often on one connection is left alone with primers.
                    for _ in 0..<2 {
                        try await active(site)
                        let before = devices.map(\.acknowledged).reduce(0, +)
                        try execute("DELETE FROM primers", in: "\(site.hubDirectory)/hub.db")
                        try await waiting(for: "progress of the devices", within: .seconds(60)) {
                            devices.map(\.acknowledged).reduce(0, +) > before + 100 ? () : nil
                        }
                    }
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "\(verdict)")
                print("torture: primers deleted: \(try primers(of: site)) at the hub, \(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a hub restored from a copy older than the primer is given it again`() async throws {
            try await Site.with(["SLUICE_PRIMER": "32KiB"]) { site in
                try await site.start()
                let first = site.devices(1, limit: 100, prefix: "first")
                try await site.publish(first)
                try await site.drain()
                try await site.hub?.stop()
                let copy = "\(site.directory)/copy"
                try FileManager.default.copyItem(atPath: site.hubDirectory, toPath: copy)
                #expect(try primers(of: site).all == 0)
                try await site.startHub()

                let second = site.devices(1, limit: 600, prefix: "second")
                try await site.publish(second)
                try await site.drain()
                let more = site.devices(1, limit: 100, prefix: "more")
                try await site.publish(more)
                try await active(site)
                try await site.killHub()
                try FileManager.default.removeItem(atPath: site.hubDirectory)
                try FileManager.default.copyItem(atPath: copy, toPath: site.hubDirectory)

                try await site.startHub()
                let third = site.devices(1, limit: 300, prefix: "third")
                try await site.publish(third)
                try await site.drain()
                try await active(site)
                let fourth = site.devices(1, limit: 300, prefix: "fourth")
                try await site.publish(fourth)
                try await site.drain()
                // Small events are still in the agent's store, and land again.
                let verdict = try await site.judge(first + second + more + third + fourth)
                #expect(verdict.isClean, "\(verdict)")
                let kept = try primers(of: site)
                #expect(kept.all == 1 && kept.used == 1)
            }
        }
    }
}
