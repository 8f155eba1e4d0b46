// SPDX-License-Identifier: Apache-2.0

import Glibc
import Keys
import Logging
import NIOCore
import NIOPosix

/// One way in: binds, and puts in front of each connection's session what its transport needs.
struct Listener: Sendable {
    let configuration: ListenerConfiguration
    let core: BrokerCore
    let entrance: Entrance
    /// Of listeners with TLS.
    let contexts: ServerContexts?
    /// Shared by all listeners.
    let slots: HandshakeSlots

    /// Binds; throws an error that names the address and what to do when it is in use or not allowed.
    func bind(group: any EventLoopGroup) async throws -> any Channel {
        do {
            switch configuration.place {
            case .address(let host, let port):
                return try await bootstrap(group)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host.filter { $0 != "[" && $0 != "]" }, port: port).get()
            case .socket(let path):
                try await makeRoom(path, group)
                let channel = try await bootstrap(group).bind(unixDomainSocketPath: path).get()
                // Members of the group may connect, as for the socket that verbs ask.
                chmod(path, 0o660)
                return channel
            }
        } catch let error as BrokerError {
            throw error
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw BrokerError.addressInUse(address: configuration.address, variable: configuration.variable)
        } catch {
            throw BrokerError.cannotListen(
                address: configuration.address,
                variable: configuration.variable,
                reason: "\(error)"
            )
        }
    }

    private func bootstrap(_ group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { channel in accept(channel) }
    }

    /// Removes a socket that nobody answers at any more.
    private func makeRoom(_ path: String, _ group: any EventLoopGroup) async throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw BrokerError.cannotListen(
                address: path,
                variable: configuration.variable,
                reason: "there is something else than a socket"
            )
        }
        if let other = try? await ClientBootstrap(group: group).connect(unixDomainSocketPath: path).get() {
            try? await other.close()
            throw BrokerError.addressInUse(address: path, variable: configuration.variable)
        }
        unlink(path)
    }

    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        // Before anything is spent on it, a handshake least of all.
        guard core.allowsConnection(from: channel.remoteAddress) else { return channel.close() }
        let shakesHands = configuration.usesTLS || configuration.usesWebSocket
        if shakesHands, !slots.take() {
            core.throttle.warn("handshakes", "too many handshakes at once: closed a new connection")
            return channel.close()
        }
        return channel.eventLoop.makeCompletedFuture {
            guard shakesHands else {
                let connection = BrokerConnection(core: core, entrance: entrance)
                return try channel.pipeline.syncOperations.addHandler(connection)
            }
            try shakeHands(channel)
        }
    }
}
