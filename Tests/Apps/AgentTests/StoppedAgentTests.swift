// SPDX-License-Identifier: Apache-2.0

import Agent
import Events
import Storage
import Testing

@Suite struct StoppedAgentTests: AgentTesting {
    @Test func `after an agent has stopped, status tells what its store holds`() async throws {
        try await withDirectory { directory in
            let agent = try await startAgent(in: directory, hub: nil) { $0.store.node = "gw" }
            try await running(agent.services) { try await publish(0..<25, to: agent.mqttPort) }
            let status = try #require(try AgentStatus(stopped: directory + "/agent"))
            let epoch = agent.store.epoch.name
            #expect(status.json.hasPrefix(#"{"state":"stopped","node":"gw","epoch":"\#(epoch)","hub":null,"#))
            #expect(status.json.contains(#""backlog_events":25,"#))
            #expect(try #require(status.oldestSeconds) < 600)
            #expect(status.table.contains("stopped: no agent runs"))
            #expect(status.table.contains("25 events"))
            #expect(!status.table.contains("SLUICE_HUB"), "what it would do when it ran is not known")
        }
    }

    @Test func `where no agent ever ran it says so`() async throws {
        try await withDirectory { directory in
            let error = #expect(throws: StoreError.self) { try AgentStatus(stopped: directory) }
            #expect(error?.description.contains("no agent has run") == true)
        }
    }
}
