// SPDX-License-Identifier: Apache-2.0

import Demo
import Events
import FoundationEssentials
import Glibc
import Storage
import Testing

extension TortureTests {
    /// `SLUICE_DRAIN=live-first` with the real programs.
    @Suite(.serialized) struct LiveFirst {
        /// Bytes a second that the backlog of an outage drains over.
        private static let slow = LinkShape(bytesPerSecond: 8_000, buffer: 2 << 10)

        @Test(.timeLimit(.minutes(10)))
        func `live events pass a backlog, whatever is killed, and nothing is lost`() async throws {
            try await Site.with(["SLUICE_DRAIN": "live-first"]) { site in
                try await site.start()
                try await site.link.set(.refuse)
                let outage = site.devices(2, limit: 3000 * Torture.rounds, noise: 24, prefix: "outage")
                try await site.publish(outage)
                try await site.link.shape(Self.slow)
                let live = site.devices(1, rate: 20, prefix: "live")
                let watch = LandingWatch(directory: site.hubDirectory, topics: "site/live")
                try await site.publishing(live) {
                    try await site.link.set(.pass)
                    try await watch.wait(forLive: 60, site)
                    // In order, the backlog would be gone before the first of these landed.
                    let backlog = try await site.status()["historical_events"].flatMap { Int($0) } ?? 0
                    #expect(backlog > 1000, "the backlog was gone too soon to be passed")
                    try await site.link.reset()
                    try await watch.wait(forLive: 60, site)
                    try await site.killAgent()
                    try await site.startAgent()
                    try await watch.wait(forLive: 60, site)
                }
                try await site.link.shape(LinkShape())
                try await site.drain()
                try await watch.look()
                let verdict = try await site.judge(outage + live)
                // Of the device that went on, what had not left when the agent was killed was passed by what came later.
                #expect(verdict.lost == 0 && verdict.duplicated == 0 && verdict.foreign == 0, "\(verdict)")
                #expect(await watch.disorder == 0, "each stream keeps its order")
                let marks = try site.exportedMarks()
                #expect(marks.historical > 1000 && marks.present > 100, "\(marks)")
                #expect(marks.wrong == 0, "what is historical is what landed behind newer events: \(marks)")
                let (p50, p90) = (await watch.latency(percent: 50), await watch.latency(percent: 90))
                print("torture: live events of a drain landed after p50 \(p50) ms, p90 \(p90) ms")
                // The backlog takes more than ten seconds.
                #expect(p50 < 1_000 && p90 < 2_000)
            }
        }
    }
}

extension Site {
    /// What `"historical":true` says in the export that was judged, held against the order in which events landed.
    fileprivate func exportedMarks() throws -> (historical: Int, present: Int, wrong: Int) {
        struct Row: Decodable {
            var node: String
            var epoch: String
            var partition: UInt32
            var seq: UInt64
            var historical: Bool?
        }
        var marks = (historical: 0, present: 0, wrong: 0)
        // Of each partition, the epochs in the order of their first events, and the highest sequence of each.
        var epochs: [String: [(name: String, highest: UInt64)]] = [:]
        let decoder = JSONDecoder()
        let export = try #require(FileManager.default.contents(atPath: exportPath))
        for line in export.split(separator: UInt8(ascii: "\n")) {
            let row = try decoder.decode(Row.self, from: Data(line))
            var known = epochs["\(row.node) \(row.partition)"] ?? []
            if !known.contains(where: { $0.name == row.epoch }) { known.append((row.epoch, 0)) }
            let place = known.firstIndex { $0.name == row.epoch } ?? 0
            let isPassed = place + 1 < known.count || row.seq < known[place].highest
            let isMarked = row.historical == true
            if isMarked { marks.historical += 1 } else { marks.present += 1 }
            if isMarked != isPassed { marks.wrong += 1 }
            known[place].highest = max(known[place].highest, row.seq)
            epochs["\(row.node) \(row.partition)"] = known
        }
        return marks
    }
}

/// Follows the hub's log while it is written.
private actor LandingWatch {
    private let directory: String
    private let topics: String
    private var position: Int64 = 0
    private var landed: [Lane: (highest: UInt64, historical: UInt64)] = [:]
    private var latencies: [Int64] = []
    /// Historical events that landed before an earlier one of theirs.
    private(set) var disorder = 0

    /// - Parameter topics: what those begin with whose latency counts.
    init(directory: String, topics: String) {
        self.directory = directory
        self.topics = topics
    }

    /// Waits until so many more have landed that were live.
    func wait(forLive count: Int, _ site: Site) async throws {
        try look()
        let goal = latencies.count + count
        let deadline = ContinuousClock.now + .seconds(60)
        while latencies.count < goal {
            guard ContinuousClock.now < deadline else {
                throw TimedOut(waitedFor: "\(count) live events in the log", limit: .seconds(60), details: site.tail)
            }
            try await Task.sleep(for: .milliseconds(5))
            try look()
        }
    }

    func latency(percent: Int) -> Int64 {
        let sorted = latencies.sorted()
        return sorted.isEmpty ? .max : sorted[sorted.count * percent / 100]
    }

    func look() throws {
        let log = try HubLog.openReader(directory: directory)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        while let entry = try log.next(after: position) {
            position = entry.position
            for index in entry.block.records.indices { add(entry, index, at: now) }
        }
    }

    private func add(_ entry: LogEntry, _ index: Int, at now: Int64) {
        let record = entry.block.records[index]
        var lane = landed[entry.lane] ?? (0, 0)
        if record.sequence > lane.highest {
            lane.highest = record.sequence
            if entry.block.topic(at: index).hasPrefix(topics) { latencies.append(now - record.timestamp) }
        } else {
            if record.sequence < lane.historical { disorder += 1 }
            lane.historical = record.sequence
        }
        landed[entry.lane] = lane
    }
}
