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
import TestSupport
import Testing
import Uplink

/// Agent and hub in one process, over real sockets and real stores.
@Suite(.timeLimit(.minutes(1))) struct AgentEndToEndTests: AgentTesting {
    @Test func `what a device publishes reaches a subscriber of the hub, and status says so`() async throws {
        try await withDirectory { directory in
            let hub = try await startHub(in: directory)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: hub.port)
                try await running(agent.services) {
                    var configuration = MQTTClientConfiguration(clientID: "subscriber")
                    configuration.port = hub.mqttPort
                    let subscriber = try await MQTTClient.connect(configuration, group: group)
                    try await subscriber.subscribe("site/#")
                    try await publish(0..<20, to: agent.mqttPort)
                    var received: [String] = []
                    for try await message in subscriber.messages {
                        received.append("\(message.topic) \(String(buffer: message.payload))")
                        if received.count == 20 { break }
                    }
                    #expect(received == (0..<20).map { "site/pump reading \($0)" })
                    let status = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                    #expect(status.hasPrefix(#"{"state":"current","#))
                    #expect(status.contains(#""hub":"127.0.0.1:\#(hub.port)""#))
                    #expect(!status.contains(#""hub_ack_age_s":null"#))
                    await subscriber.disconnect()
                }
            }
        }
    }

    @Test func `without a hub events are kept, and land when one is configured`() async throws {
        try await withDirectory { directory in
            let alone = try await startAgent(in: directory, hub: nil)
            try await running(alone.services) {
                try await publish(0..<5, to: alone.mqttPort)
                let status = try await status(in: directory) { $0.contains(#""backlog_events":5,"#) }
                #expect(status.hasPrefix(#"{"state":"no-hub","#))
            }
            #expect(throws: ControlClient.Failure.self) {
                try ControlClient.request("status", path: Agent.socketPath(in: directory + "/agent"))
            }
            let hub = try await startHub(in: directory)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: hub.port)
                try await running(agent.services) {
                    _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                }
            }
        }
    }

    @Test func `a hub whose disk is full acknowledges nothing, says so, and lands all once it is not`() async throws {
        try await withDirectory { directory in
            let vfs = FaultVFS()
            let hub = try await startHub(in: directory, vfs: vfs.name)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: hub.port)
                try await running(agent.services) {
                    try await publish(0..<10, to: agent.mqttPort)
                    _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                    vfs.fail(1...1_000_000)
                    try await publish(10..<30, to: agent.mqttPort)
                    while hub.log.statistics().trouble == nil { try await Task.sleep(for: .milliseconds(2)) }
                    #expect(hub.log.statistics().trouble?.contains("full") == true)
                    #expect(agent.store.statistics().backlogEvents == 20)
                    #expect(hub.log.statistics().events == 10)
                    vfs.fail(nil)
                    _ = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                    #expect(hub.log.statistics().events == 30)
                    #expect(hub.log.statistics().trouble == nil)
                }
            }
        }
    }

    @Test func `a second agent on one state directory is told so`() async throws {
        try await withDirectory { directory in
            let agent = try await startAgent(in: directory, hub: nil)
            try await running(agent.services) {
                let error = await #expect(throws: StoreError.self) {
                    _ = try await startAgent(in: directory, hub: nil)
                }
                #expect(error?.description.contains("in use by another process") == true)
            }
        }
    }

    @Test func `a state directory too deep for a socket is refused before anything starts`() async throws {
        let deep = "/tmp/" + String(repeating: "d", count: 110)
        let error = await #expect(throws: ControlSocket.Failure.self) {
            _ = try await startAgent(in: deep, hub: nil)
        }
        #expect(error?.description.contains("shorter state directory") == true)
        #expect(!FileManager.default.fileExists(atPath: deep))
    }
}
