// SPDX-License-Identifier: Apache-2.0

import Glibc
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// Answers one-line requests on a unix socket in the state directory: how verbs ask the program that runs.
///
/// The protocol is a request, a newline, an answer of one line; any number of them on one connection. Whoever starts
/// this holds the lock of the state directory, so a socket file that is there already belongs to nobody.
package final class ControlSocket: Service {
    /// `sockaddr_un` holds 108 bytes, the last of them zero (unix(7)).
    package static let longestPath = 107

    /// The socket could not be made.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let channel: any Channel
    private let path: String

    /// Binds; connections are answered from then on.
    ///
    /// - Parameter answer: called on an event loop with the request; must not block.
    package init(
        path: String,
        group: any EventLoopGroup,
        answer: @escaping @Sendable (String) -> String
    ) async throws {
        try Self.check(path: path)
        self.path = path
        let bootstrap = ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(answer: answer))
                }
            }
        do {
            channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        } catch {
            throw Failure(description: "cannot listen on \(path): \(error)")
        }
        chmod(path, 0o660)
    }

    /// Refuses a path that is too long before anything else is started.
    package static func check(path: String) throws(Failure) {
        guard path.utf8.count <= longestPath else {
            throw Failure(
                description: "the path \(path) has \(path.utf8.count) bytes, a unix socket's may have "
                    + "\(longestPath): choose a shorter state directory"
            )
        }
    }

    package func run() async throws {
        // Cancelled or asked to stop: it ends the same way.
        try? await gracefulShutdown()
        try? await channel.close()
        unlink(path)
    }
}
