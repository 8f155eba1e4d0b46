// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A connection as other threads know it: something that can be told on its own event loop.
struct AgentPeer: Sendable {
    let connection: UInt64
    let channel: any Channel
    private let handler: NIOLoopBound<AgentConnectionHandler>

    /// - Parameter handler: must be called on its event loop.
    init(connection: UInt64, channel: any Channel, handler: AgentConnectionHandler) {
        self.connection = connection
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Runs `body` on the connection's event loop.
    func tell(_ body: @escaping @Sendable (AgentConnectionHandler) -> Void) {
        let handler = handler
        channel.eventLoop.execute { body(handler.value) }
    }
}
