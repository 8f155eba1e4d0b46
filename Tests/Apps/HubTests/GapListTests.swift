// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Hub
import Logging
import Storage
import Testing

/// `sluice-hub gaps` and `gaps --json`: what others read.
@Suite(.timeLimit(.minutes(1))) struct GapListTests {
    private static func lane(_ partition: UInt32) -> Lane {
        Lane(epoch: 0xABC, partition: Partition(number: partition))
    }

    /// One gap for each reason, over the three classes, of two nodes.
    private static let recorded: [(node: String, gap: Gap)] =
        Gap.Reason.allCases.enumerated().map { index, reason in
            let first = UInt64(index) * 10 + 1
            let gap = Gap(lane: lane(UInt32(index % 3)), first: first, last: first + 4, reason: reason)
            return ("pump", gap)
        } + [("press \"2\"", Gap(lane: lane(5), first: 7, last: 99, reason: .storeRestored, endKnown: false))]

    private func withGaps(_ body: ([HubLogGap]) throws -> Void) async throws {
        var template = Array("/tmp/sluice-gaps-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in ["hub.db", "hub.db-wal", "hub.db-shm", "hub.id", "hub.lock"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let log = try HubLog.open(
            HubLogConfiguration(directory: directory),
            randomID: { 1 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        for (node, gap) in Self.recorded {
            let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
                log.record(node: node, gap: gap) { continuation.resume(returning: $0) }
            }
            _ = try result.get()
        }
        await log.close()
        try body(try HubLog.openReader(directory: directory).gaps())
    }

    @Test func `JSON has one line per gap, and what is needed to find the events`() async throws {
        try await withGaps { gaps in
            let lines = GapList(gaps).json.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(lines.count == Self.recorded.count + 1 && lines.last == "")
            // The time is the hub's.
            let heads = lines.dropLast().map { String($0.prefix { $0 != "}" }.split(separator: #","recorded_ms""#)[0]) }
            let names = ["buffer-full", "expired", "unreadable", "rejected", "hub-restored", "store-restored"]
            let classes = ["alarm", "normal", "bulk"]
            for (index, name) in names.enumerated() {
                let start = #"{"node":"pump","epoch":"0000000000000abc","partition":\#(index % 3),"#
                let range = #""first":\#(index * 10 + 1),"last":\#(index * 10 + 5),"#
                let rest = #""class":"\#(classes[index % 3])","reason":"\#(name)","end_known":true"#
                #expect(heads[index].hasPrefix(start + range + rest), "\(heads[index])")
            }
            let last = #"{"node":"press \"2\"","epoch":"0000000000000abc","partition":5,"first":7,"last":99,"#
            #expect(heads[6].hasPrefix(last + #""class":"bulk","reason":"store-restored","end_known":false"#))
        }
    }

    @Test func `one node's gaps are those alone, and none is said`() async throws {
        try await withGaps { gaps in
            #expect(GapList(gaps, node: "press \"2\"").json.split(separator: "\n").count == 1)
            #expect(GapList(gaps, node: "press \"2\"").table.contains("up to 93 events, the end is not known"))
            #expect(GapList(gaps).table.contains("pump normal expired: 5 events"))
            #expect(GapList(gaps, node: "valve").json.isEmpty)
            #expect(GapList(gaps, node: "valve").table == "no gaps of valve: nothing was given up\n")
        }
    }
}
