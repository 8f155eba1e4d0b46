// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import MQTT
import TestSupport
import Testing

extension TortureTests {
    /// What strangers, typing errors and full disks do to the programs.
    @Suite(.serialized) struct BadInput {
        private static let connect: [UInt8] =
            [0x10, 16, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 4] + Array("evil".utf8)

        /// Bytes that no broker can like, each with what it is.
        private static let nonsense: [(String, [UInt8])] = [
            ("HTTP", Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
            ("TLS", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]),
            ("zeros", Array(repeating: 0, count: 100)),
            ("ones", Array(repeating: 0xFF, count: 100)),
            ("wrong protocol name", [0x10, 12, 0, 4] + Array("MQXX".utf8) + [4, 2, 0, 60, 0, 0]),
            ("wrong level", [0x10, 12, 0, 4] + Array("MQTT".utf8) + [9, 2, 0, 60, 0, 0]),
            ("publish before connect", [0x32, 10, 0, 3] + Array("a/b".utf8) + [0, 1] + Array("xyz".utf8)),
            ("overlong length", [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
            ("256 MB announced", connect + [0x32, 0xFF, 0xFF, 0xFF, 0x7F] + [0, 1, 0x61]),
            ("connect twice", connect + connect),
            ("topic is not UTF-8", connect + [0x32, 8, 0, 2, 0xC3, 0x28, 0, 1, 0x61, 0x62]),
            ("topic with NUL", connect + [0x32, 8, 0, 2, 0x61, 0, 0, 1, 0x61, 0x62]),
            ("topic with wildcard", connect + [0x32, 8, 0, 2, 0x61, 0x23, 0, 1, 0x61, 0x62]),
            ("empty topic", connect + [0x32, 4, 0, 0, 0, 1]),
            ("topic longer than the packet", connect + [0x32, 4, 0xFF, 0xFF, 0, 1]),
            ("QoS 3", connect + [0x36, 6, 0, 1, 0x61, 0, 1, 0x62]),
            ("packet id 0", connect + [0x32, 6, 0, 1, 0x61, 0, 0, 0x62]),
            ("unknown type", connect + [0x00, 0]),
            ("PUBACK nobody waits for", connect + [0x40, 2, 0, 9]),
            ("reserved flags of SUBSCRIBE", connect + [0x80, 6, 0, 1, 0, 1, 0x61, 0]),
            ("SUBSCRIBE without filters", connect + [0x82, 2, 0, 1]),
        ]

        @Test(.timeLimit(.minutes(3)))
        func `nonsense on any port costs its connection only`() async throws {
            try await Site.with { site in
                try await site.start()
                let devices = site.devices(1, rate: 300)
                try await site.publishing(devices) {
                    for (name, bytes) in Self.nonsense {
                        for port in [site.mqttPort, site.hubPort, site.hubMQTTPort] {
                            try Self.throwAt(port, bytes)
                        }
                        #expect(site.agent?.isRunning == true, "\(name) ended the agent")
                        #expect(site.hub?.isRunning == true, "\(name) ended the hub")
                    }
                    try Self.throwRandom(at: [site.mqttPort, site.hubPort, site.hubMQTTPort])
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                // What was valid before the nonsense, "PUBACK nobody waits for" and the like, may have been published.
                #expect(verdict.lost == 0 && verdict.duplicated == 0 && verdict.outOfOrder == 0, "\(verdict)")
            }
        }

        private static func throwAt(_ port: Int, _ bytes: [UInt8]) throws {
            let socket = try RawSocket(port: port)
            try? socket.send(bytes)
            // Whether it answers, closes or waits for more is its business.
            _ = try? socket.receiveAll(within: .milliseconds(60))
        }

        private static func throwRandom(at ports: [Int]) throws {
            var generator = SeededGenerator(seed: Torture.seed)
            for round in 0..<60 * Torture.rounds {
                let count = Int.random(in: 1...300, using: &generator)
                var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if round.isMultiple(of: 2) { bytes = connect + bytes }
                let socket = try RawSocket(port: ports[round % ports.count])
                try? socket.send(bytes)
                _ = try? socket.receiveAll(within: .milliseconds(10))
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func `an oversized event is refused and the next one is taken`() async throws {
            try await Site.with(["SLUICE_EVENT_MAX": "10KiB"]) { site in
                try await site.start()
                var configuration = Device.Configuration(name: "d", port: site.mqttPort)
                configuration.version = .v5
                let polite = Device(configuration, on: site.group) { number in
                    let size = [100, 20_000, 9_000, 30_000, 50][number % 5]
                    return number < 25
                        ? DeviceMessage(topic: "u/\(number)", payload: Array(repeating: UInt8(number), count: size))
                        : nil
                }
                try await site.publish([polite])
                #expect(polite.rejected.count == 10, "\(polite.rejected)")
                #expect(polite.acknowledged == 15)
                try await site.drain()
                let verdict = try await site.judge([polite])
                #expect(verdict.isClean, "\(verdict)")
                #expect(verdict.landed == 15)
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func `a thousand connections are held or refused, and devices go on`() async throws {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = min(limit.rlim_max, 8192)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try await Site.with { site in
                try await site.start()
                var sockets: [RawSocket] = []
                for number in 0..<1000 {
                    guard let socket = try? RawSocket(port: site.mqttPort) else { break }
                    if number.isMultiple(of: 2) {
                        try? socket.send(Self.connect.dropLast(4) + Array("\(1000 + number)".utf8))
                    }
                    sockets.append(socket)
                }
                let devices = site.devices(2, limit: 300)
                try await site.publish(devices)
                sockets.removeAll()
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "\(verdict)")
                #expect(site.agent?.isRunning == true)
            }
        }

        // MARK: Configuration and surroundings

        /// Starts a program that must refuse, and gives what it said.
        private func refusal(
            _ site: Site,
            _ program: String,
            _ verb: String,
            _ more: [String: String]
        ) async throws -> String {
            let child = try ChildProcess(
                Programs.find(program),
                [verb],
                environment: site.environment.merging(more) { _, new in new }
            )
            let status = try await child.exit(within: .seconds(20))
            #expect(status.isCode && status != .code(0), "\(more): \(child.tail)")
            return (child.errors + child.output).joined(separator: "\n")
        }

        @Test(.timeLimit(.minutes(2)))
        func `configuration that cannot be meant is refused by name`() async throws {
            try await Site.with { site in
                let mistakes: [(String, String, [String: String], [String])] = [
                    ("sluice", "agent", ["SLUICE_HBU": "ws://127.0.0.1:1"], ["SLUICE_HBU", "SLUICE_HUB"]),
                    ("sluice-hub", "run", ["SLUICE_HUB_LISTN": "x"], ["SLUICE_HUB_LISTN"]),
                    ("sluice", "agent", ["SLUICE_LINGER": "soon"], ["SLUICE_LINGER", "soon"]),
                    ("sluice", "agent", ["SLUICE_MTU": "17"], ["SLUICE_MTU", "17"]),
                    ("sluice", "agent", ["SLUICE_BUFFER_MAX": "-1"], ["SLUICE_BUFFER_MAX"]),
                    ("sluice", "agent", ["SLUICE_HUB": "http://x"], ["SLUICE_HUB", "http://x"]),
                    ("sluice", "agent", ["SLUICE_HUB": "ws://192.0.2.1:7480"], ["SLUICE_HUB", "SLUICE_INSECURE"]),
                    (
                        "sluice", "agent", ["SLUICE_MQTT_LISTEN": "0.0.0.0:1883"],
                        ["SLUICE_MQTT_LISTEN", "SLUICE_MQTT_ANONYMOUS", "SLUICE_MQTT_PASSWORD_FILE"]
                    ),
                    (
                        "sluice-hub", "run", ["SLUICE_HUB_LISTEN": "0.0.0.0:7480"],
                        ["SLUICE_HUB_LISTEN", "SLUICE_INSECURE"]
                    ),
                    ("sluice", "agent", ["SLUICE_FORWARD": "a/#/b"], ["SLUICE_FORWARD", "a/#/b"]),
                    (
                        "sluice", "agent", ["SLUICE_EVENT_MAX": "1MiB", "SLUICE_BUFFER_MAX": "4MiB"],
                        ["SLUICE_EVENT_MAX", "SLUICE_BUFFER_MAX"]
                    ),
                ]
                for (program, verb, variables, words) in mistakes {
                    let said = try await refusal(site, program, verb, variables)
                    for word in words { #expect(said.contains(word), "\(variables): \(said)") }
                    #expect(!said.contains("Fatal error") && !said.contains("Stack dump"), "\(said)")
                }
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func `a state directory that cannot be is refused by name`() async throws {
            try await Site.with { site in
                let agent = try await refusal(site, "sluice", "agent", ["SLUICE_STATE_DIR": "/dev/null/state"])
                #expect(agent.contains("/dev/null/state"), "\(agent)")
                let hub = try await refusal(site, "sluice-hub", "run", ["SLUICE_HUB_STATE_DIR": "/dev/null/state"])
                #expect(hub.contains("/dev/null/state"), "\(hub)")
                let long = "\(site.directory)/" + String(repeating: "x", count: 120)
                let said = try await refusal(site, "sluice", "agent", ["SLUICE_STATE_DIR": long])
                #expect(said.contains("xxxxxxxx") || said.contains("SLUICE_STATE_DIR"), "\(said)")
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func `a port in use is refused by name`() async throws {
            try await Site.with { site in
                try await site.start()
                let agent = try await refusal(
                    site,
                    "sluice",
                    "agent",
                    ["SLUICE_STATE_DIR": "\(site.directory)/other"]
                )
                #expect(agent.contains("\(site.mqttPort)"), "\(agent)")
                let hub = try await refusal(
                    site,
                    "sluice-hub",
                    "run",
                    ["SLUICE_HUB_STATE_DIR": "\(site.directory)/other-hub", "SLUICE_HUB_MQTT_LISTEN": "127.0.0.1:0"]
                )
                #expect(hub.contains("\(site.hubPort)"), "\(hub)")
                #expect(site.agent?.isRunning == true && site.hub?.isRunning == true)
            }
        }

        @Test(.timeLimit(.minutes(3)), .enabled("a small file system needs root") { Torture.isRoot })
        func `a full disk loses nothing that was acknowledged`() async throws {
            try await Site.with { site in
                await site.withSmallDisk(site.agentDirectory, size: "12m") { try await fill(site) }
            }
        }

        /// Publishes into a file system that fills up beside the store, frees it, and judges.
        private func fill(_ site: Site) async throws {
            try await site.startHub()
            try await site.link.set(.refuse)
            try await site.startAgent(["SLUICE_BUFFER_MAX": "8MiB"])
            let devices = site.devices(1, rate: 2000)
            try await site.publishing(devices, within: .seconds(60)) {
                try await waiting(for: "first events", within: .seconds(30)) {
                    devices[0].acknowledged > 500 ? () : nil
                }
                let ballast = "\(site.agentDirectory)/ballast"
                _ = await Torture.allows("/bin/dd", "if=/dev/zero", "of=\(ballast)", "bs=64k")
                try await Task.sleep(for: .seconds(3))
                #expect(site.agent?.isRunning == true, "a full disk ended the agent\n\(site.tail)")
                let said = (site.agent?.errors ?? []) + (site.agent?.output ?? [])
                #expect(said.contains { $0.contains("full") || $0.contains("space") }, "\(site.tail)")
                unlink(ballast)
                let before = devices[0].acknowledged
                try await waiting(for: "events after the disk has room", within: .seconds(30)) {
                    devices[0].acknowledged > before + 100 ? () : nil
                }
            }
            try await site.link.set(.pass)
            try await site.drain()
            let verdict = try await site.judge(devices)
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}
