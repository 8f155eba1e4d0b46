// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Keeps one ``AgentRegistry`` for all event loops and does what it says.
final class AgentDirectory: Sendable {
    private struct State {
        var registry = AgentRegistry()
        var peers: [UInt64: AgentPeer] = [:]
    }

    private let state = Mutex(State())

    /// Nodes with a connection.
    var nodes: [String] { state.withLock { $0.registry.nodes } }

    func arrived(_ candidate: AgentRegistry.Candidate, _ peer: AgentPeer) {
        perform { state in
            state.peers[peer.connection] = peer
            return state.registry.arrived(candidate)
        }
    }

    func probed(_ connection: UInt64, node: String, isAlive: Bool) {
        perform { $0.registry.probed(connection, node: node, isAlive: isAlive) }
    }

    func left(_ connection: UInt64, node: String) {
        perform { state in
            state.peers[connection] = nil
            return state.registry.left(connection, node: node)
        }
    }

    /// Every action goes to the event loop of the connection that it names, after the lock is free.
    private func perform(_ step: (inout State) -> [AgentRegistry.Action]) {
        let told = state.withLock { state in
            step(&state).map { action in (action, state.peers[Self.connection(of: action)]) }
        }
        for case (let action, let peer?) in told {
            switch action {
            case .admit: peer.tell { $0.admitted() }
            case .fence: peer.tell { $0.fenced() }
            case .probe: peer.tell { $0.probe() }
            case .refuse: peer.tell { $0.refused() }
            }
        }
    }

    private static func connection(of action: AgentRegistry.Action) -> UInt64 {
        switch action {
        case .admit(let connection), .fence(let connection), .probe(let connection), .refuse(let connection):
            connection
        }
    }
}
