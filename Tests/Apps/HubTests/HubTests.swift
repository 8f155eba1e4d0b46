// SPDX-License-Identifier: Apache-2.0

import Batching
import Broker
import Configuration
import Events
import Glibc
import Hub
import Logging
import NIOPosix
import Reception
import ServiceLifecycle
import Settings
import Startup
import Storage
import Testing

@Suite(.timeLimit(.minutes(1))) struct HubTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-hub-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        defer {
            let suffixes = ["", "-wal", "-shm", ".damaged-1", ".damaged-1-wal"]
            let own = ["hub.id", "hub.lock", "sluice.sock", "node.key"]
            for name in suffixes.flatMap({ ["hub.db" + $0, "provenance.db" + $0] }) + own {
                unlink("\(directory)/\(name)")
            }
            rmdir(directory)
        }
        try await body(directory)
    }

    private func configuration(_ directory: String) throws -> HubConfiguration {
        try HubConfiguration(
            ConfigReader(checking: [
                "SLUICE_HUB_STATE_DIR": directory, "SLUICE_HUB_LISTEN": "127.0.0.1:0",
                "SLUICE_HUB_MQTT_LISTEN": "127.0.0.1:0", "SLUICE_STOP_TIMEOUT": "2s",
            ])
        )
    }

    @Test func `status tells the truth while the hub runs and after it stopped`() async throws {
        try await withDirectory { directory in
            let hub = try await Hub.start(
                configuration(directory),
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let services = ServiceGroup(services: hub.services, logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                let status = try ControlClient.request("status", path: Hub.socketPath(in: directory))
                #expect(status.hasPrefix(#"{"state":"landing","hub":"\#(Epoch.name(of: hub.log.hubID))""#))
                #expect(status.contains(#""agents":0,"connected":[]"#))
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            let stopped = try HubStatus(stopped: directory)
            #expect(stopped.state == .stopped)
            #expect(stopped.hub == Epoch.name(of: hub.log.hubID))
            #expect(stopped.json.contains(#""agents":null"#))
            #expect(stopped.table.contains("no hub runs"))
        }
    }

    @Test func `a hub that is told not to sign makes no keys and no tree`() async throws {
        try await withDirectory { directory in
            var configuration = try configuration(directory)
            #expect(configuration.signs)
            configuration.signs = false
            let hub = try await Hub.start(
                configuration,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let status = try ControlClient.request("status", path: Hub.socketPath(in: directory))
            #expect(status.contains(#""signed_events":null"#))
            let services = ServiceGroup(services: hub.services, logger: quiet)
            await services.triggerGracefulShutdown()
            try await services.run()
            for name in ["node.key", "provenance.db"] { #expect(access("\(directory)/\(name)", F_OK) != 0) }
        }
    }

    @Test func `one state directory has one hub`() async throws {
        try await withDirectory { directory in
            let configuration = try configuration(directory)
            let first = try await Hub.start(
                configuration,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            await #expect(throws: StoreError.self) {
                _ = try await Hub.start(configuration, group: MultiThreadedEventLoopGroup.singleton, logger: quiet)
            }
            let services = ServiceGroup(services: first.services, logger: quiet)
            await services.triggerGracefulShutdown()
            try await services.run()
        }
    }

    private func land(_ sequences: ClosedRange<UInt64>, in log: HubLog) async throws -> Landed {
        var block = EventBlock()
        for sequence in sequences { block.append(sequence: sequence, timestamp: 1, topic: "a/b", payload: [1]) }
        var encoder = BatchEncoder(limit: 1_160)
        var batch: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &batch) == block.count)
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            let lane = Lane(epoch: 7, partition: Partition(number: 1))
            log.land(node: "pump", lane: lane, batch: batch, block: block) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    @Test func `a hub that meets damage in its log starts anew by itself and goes on`() async throws {
        try await withDirectory { directory in
            let configuration = try configuration(directory)
            let before = try HubLog.open(configuration.log, randomID: { 5 }, logger: quiet)
            #expect(try await land(1...5, in: before).new == 5)
            await before.close()
            let (hubs, started) = AsyncStream.makeStream(of: Hub.self)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { [quiet] in
                    try await Launch.salvaging(logger: quiet) {
                        let group = MultiThreadedEventLoopGroup.singleton
                        let hub = try await Hub.start(configuration, group: group, logger: quiet)
                        started.yield(hub)
                        try await Launch.run(hub.services, stopTimeout: .seconds(2), logger: quiet, reload: {})
                    }
                }
                var running = hubs.makeAsyncIterator()
                let first = try #require(await running.next())
                // It has not looked at the lane yet.
                try SQLiteConnection(path: directory + "/hub.db").execute("UPDATE lanes SET cumulative = 9")
                await #expect(throws: StoreError.self) { try await land(6...7, in: first.log) }
                let second = try #require(await running.next())
                #expect(second.log.hubID == first.log.hubID)
                #expect(try await land(1...7, in: second.log).new == 2)
                tasks.cancelAll()
                try? await tasks.waitForAll()
            }
        }
    }

    @Test func `signing is turned off by one word`() throws {
        #expect(try !HubConfiguration(ConfigReader(checking: ["SLUICE_PROVENANCE": "off"])).signs)
        #expect(throws: SettingFault.self) {
            try HubConfiguration(ConfigReader(checking: ["SLUICE_PROVENANCE": "0"]))
        }
    }

    @Test func `defaults listen on loopback only and refuse publishers`() throws {
        let configuration = try HubConfiguration(ConfigReader(checking: [:]))
        #expect(configuration.reception.host == "127.0.0.1" && configuration.reception.port == 7480)
        #expect(configuration.broker.host == "127.0.0.1" && configuration.broker.port == 1884)
        #expect(!configuration.broker.allowsPublish)
        #expect(configuration.log.directory == "/var/lib/sluice-hub")
    }

    @Test(arguments: [
        ["SLUICE_HUB_LISTEN": "0.0.0.0:7480"], ["SLUICE_HUB_MQTT_LISTEN": "0.0.0.0:1884"],
        ["SLUICE_HUB_LISTEN": "127.0.0.1:1884"], ["SLUICE_HUB_LISTEN": "nonsense"], ["SLUICE_HUB_LISTN": "x"],
        ["SLUICE_HUB_ENROL_LISTEN": "127.0.0.1:1884"], ["SLUICE_HUB_ENROL_LISTEN": "127.0.0.1:7480"],
        ["SLUICE_HUB_ENROL_LISTEN": "hub.example:7481"],
    ])
    func `contradictions and unknown variables are refused by name`(environment: [String: String]) throws {
        let fault = #expect(throws: SettingFault.self) {
            _ = try HubConfiguration(ConfigReader(checking: environment))
        }
        let name = try #require(environment.keys.first)
        #expect("\(try #require(fault))".contains(name))
    }

    @Test func `listening beyond loopback is possible where it is wanted`() throws {
        let configuration = try HubConfiguration(
            ConfigReader(checking: ["SLUICE_HUB_LISTEN": "0.0.0.0:7480", "SLUICE_INSECURE": "1"])
        )
        #expect(configuration.reception.insecure)
    }
}
