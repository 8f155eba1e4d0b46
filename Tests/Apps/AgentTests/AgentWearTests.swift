// SPDX-License-Identifier: Apache-2.0

import Agent
import Testing

@Suite struct AgentWearTests {
    private let wear = AgentWear(writtenBytes: 7_000, takenBytes: 2_000, events: 10, commits: 4, seconds: 100)

    @Test func `the line for scripts`() {
        let line =
            #"{"seconds":100.0,"events":10,"taken_bytes":2000,"written_bytes":7000,"written_per_byte":3.50,"#
            + #""commits":4,"events_per_commit":2.50,"written_per_day":6048000}"#
        #expect(wear.json == line)
    }

    @Test func `what it comes to in a year, and how to have less of it`() {
        let table = wear.table
        #expect(table.contains("for each byte  3.5\n"))
        #expect(table.contains("a day, 2.1 GiB a year"))
        #expect(table.contains("SLUICE_COMMIT_INTERVAL"))
        var grouped = wear
        grouped.commits = 1
        #expect(!grouped.table.contains("SLUICE_COMMIT_INTERVAL"))
    }

    @Test func `nothing is made up where nothing is known`() {
        let fresh = AgentWear(writtenBytes: nil, takenBytes: 0, events: 0, commits: 0, seconds: 1)
        #expect(fresh.json.contains(#""written_bytes":null,"written_per_byte":null"#))
        #expect(fresh.json.hasSuffix(#""events_per_commit":null,"written_per_day":null}"#))
        #expect(fresh.table.contains("unknown: this kernel does not count it"))
    }
}
