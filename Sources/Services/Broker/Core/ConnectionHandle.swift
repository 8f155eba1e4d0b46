// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Reaches a connection from other threads: work for it is done on its event loop.
struct ConnectionHandle: Sendable {
    let id: UInt64
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<BrokerConnection>

    /// Call on the event loop of `connection`.
    init(_ connection: BrokerConnection, eventLoop: any EventLoop) {
        id = connection.id
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    /// Runs `body` on the event loop, later.
    func execute(_ body: @escaping @Sendable (BrokerConnection) -> Void) {
        eventLoop.execute { body(connection.value) }
    }

    /// Runs `body` on the event loop after `delay`.
    func schedule(in delay: TimeAmount, _ body: @escaping @Sendable (BrokerConnection) -> Void) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: delay) { body(connection.value) }
    }
}
