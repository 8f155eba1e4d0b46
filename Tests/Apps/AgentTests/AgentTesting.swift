// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import FoundationEssentials
import Glibc
import Hub
import Logging
import NIOCore
import NIOPosix
import Reception
import ServiceLifecycle
import Startup
import Storage
import Testing
import Uplink

/// What tests with an agent and a hub in this process need.
protocol AgentTesting {}

extension AgentTesting {
    var group: MultiThreadedEventLoopGroup { .singleton }

    func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sluice-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    /// Runs services around `body` and stops them gracefully.
    func running(_ services: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    func startAgent(
        in directory: String,
        hub: Int?,
        _ adapt: (inout AgentConfiguration) -> Void = { _ in }
    ) async throws -> Agent {
        var configuration = AgentConfiguration(store: StoreConfiguration(directory: directory + "/agent"))
        configuration.broker.port = 0
        configuration.uplink.linger = .zero
        if let hub { configuration.uplink.hubs = [.init(host: "127.0.0.1", port: hub)] }
        adapt(&configuration)
        return try await Agent.start(configuration, group: group, logger: silent)
    }

    func startHub(
        in directory: String,
        vfs: String? = nil,
        _ adapt: (inout HubConfiguration) -> Void = { _ in }
    ) async throws -> Hub {
        var configuration = HubConfiguration(log: HubLogConfiguration(directory: directory + "/hub"))
        configuration.log.vfs = vfs
        configuration.reception.port = 0
        configuration.broker.port = 0
        adapt(&configuration)
        return try await Hub.start(configuration, group: group, logger: silent)
    }

    func publish(_ range: Range<Int>, to port: Int) async throws {
        var configuration = MQTTClientConfiguration(clientID: "device")
        configuration.port = port
        let device = try await MQTTClient.connect(configuration, group: group)
        for number in range {
            try await device.publish(topic: "site/pump", payload: ByteBuffer(string: "reading \(number)"))
        }
        await device.disconnect()
    }

    /// Waits until the status says what is wanted.
    func status(in directory: String, until wanted: (String) -> Bool) async throws -> String {
        var line = ""
        for _ in 0..<2000 {
            line = try ControlClient.request("status", path: Agent.socketPath(in: directory + "/agent"))
            if wanted(line) { return line }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the status stayed \(line)")
        return line
    }
}
