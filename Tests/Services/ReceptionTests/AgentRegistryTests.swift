// SPDX-License-Identifier: Apache-2.0

import Reception
import Testing

@Suite struct AgentRegistryTests {
    private func candidate(_ connection: UInt64, epoch: UInt64) -> AgentRegistry.Candidate {
        .init(connection: connection, node: "gw", epoch: epoch)
    }

    @Test func `the first connection of a node is admitted and a node leaves with it`() {
        var registry = AgentRegistry()
        #expect(registry.arrived(candidate(1, epoch: 10)) == [.admit(connection: 1)])
        #expect(registry.nodes == ["gw"])
        #expect(registry.left(1, node: "gw") == [])
        #expect(registry.nodes == [])
    }

    @Test func `nodes do not disturb each other`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        #expect(registry.arrived(.init(connection: 2, node: "other", epoch: 10)) == [.admit(connection: 2)])
    }

    @Test func `a second connection of the same epoch is admitted once the older one is settled`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        #expect(registry.arrived(candidate(2, epoch: 10)) == [.fence(connection: 1)])
        #expect(registry.left(1, node: "gw") == [.admit(connection: 2)])
        #expect(registry.left(1, node: "gw") == [], "a connection leaves once")
        #expect(registry.nodes == ["gw"])
    }

    @Test func `a third connection takes the place of the second that waits`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 10))
        #expect(registry.arrived(candidate(3, epoch: 10)) == [.fence(connection: 2)])
        #expect(registry.left(2, node: "gw") == [])
        #expect(registry.left(1, node: "gw") == [.admit(connection: 3)])
    }

    @Test func `a clone is refused while the first lives`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        #expect(registry.arrived(candidate(2, epoch: 20)) == [.probe(connection: 1)])
        #expect(registry.probed(1, node: "gw", isAlive: true) == [.refuse(connection: 2)])
        #expect(registry.left(2, node: "gw") == [])
        #expect(registry.arrived(candidate(3, epoch: 20)) == [.probe(connection: 1)], "each attempt is asked about")
    }

    @Test func `an agent that restarted takes over when nobody answers for the older one`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 20))
        #expect(registry.probed(1, node: "gw", isAlive: false) == [.fence(connection: 1)])
        #expect(registry.left(1, node: "gw") == [.admit(connection: 2)])
    }

    @Test func `an agent that restarted takes over at once when the older connection closes`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 20))
        #expect(registry.left(1, node: "gw") == [.admit(connection: 2)])
        #expect(registry.probed(1, node: "gw", isAlive: false) == [], "a late answer is about nobody")
    }

    @Test func `a second connection of the holder shows that the other is a clone`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 20))
        #expect(
            registry.arrived(candidate(3, epoch: 10)) == [.refuse(connection: 2), .fence(connection: 1)]
        )
        #expect(registry.probed(1, node: "gw", isAlive: false) == [])
        #expect(registry.left(1, node: "gw") == [.admit(connection: 3)])
    }

    @Test func `a third epoch is refused while the second is decided on`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 20))
        #expect(registry.arrived(candidate(3, epoch: 30)) == [.refuse(connection: 3)])
    }

    @Test func `a newcomer that leaves while it waits is forgotten`() {
        var registry = AgentRegistry()
        _ = registry.arrived(candidate(1, epoch: 10))
        _ = registry.arrived(candidate(2, epoch: 10))
        _ = registry.left(2, node: "gw")
        #expect(registry.left(1, node: "gw") == [])
        #expect(registry.nodes == [])
    }
}
