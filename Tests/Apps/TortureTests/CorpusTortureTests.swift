// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Testing

extension TortureTests {
    /// Real recordings through agent and hub.
    @Suite(.serialized) struct Corpus {
        private static let directory = Torture.variable("CORPORA_DIR") ?? "../shared/corpora"

        private static var files: [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasSuffix(".jsonl") }.sorted()
        }

        @Test(.timeLimit(.minutes(10)), .enabled("needs recordings in CORPORA_DIR") { !files.isEmpty })
        func `every recording comes out byte for byte`() async throws {
            for file in Self.files { try await replay(file) }
        }

        private func replay(_ file: String) async throws {
            var events: [DeviceMessage] = []
            try LineReader.forEachLine(of: "\(Self.directory)/\(file)") { line in
                let event = try RecordedEvent(line: line)
                events.append(DeviceMessage(topic: event.topic, payload: event.payload))
            }
            let all = events
            try await Site.with { site in
                try await site.start()
                var configuration = Device.Configuration(name: "replay", port: site.mqttPort)
                configuration.window = 500
                let device = Device(configuration, on: site.group) { $0 < all.count ? all[$0] : nil }
                try await site.publish([device])
                try await site.drain()
                let link = try await site.link.counts()
                let verdict = try await site.judge([device])
                #expect(verdict.isClean && verdict.landed == all.count, "\(file): \(verdict)")
                print("torture: \(file): \(Double(link.up + link.down) / Double(all.count)) bytes/event, \(verdict)")
            }
        }
    }
}
