// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOPosix
import Synchronization

/// A TCP link that can be damaged: listens on loopback, forwards to a target, counts bytes.
///
/// All its connections share one event loop and one ``LinkConditions``; a rate is the rate of the whole link.
package final class LinkProxy: Sendable {
    /// Bytes that arrived from each side, and connections.
    package struct Counts: Sendable, Equatable {
        /// From those who connect to the target.
        package var up: UInt64 = 0
        /// From the target back.
        package var down: UInt64 = 0
        /// Connections accepted since the start.
        package var connections = 0
        /// Connections open now.
        package var open = 0
    }

    package let port: Int
    private let loop: any EventLoop
    private let link: NIOLoopBound<Link>

    /// Binds `port` of 127.0.0.1 (0: any) and forwards to `target` of 127.0.0.1.
    package init(port: Int = 0, to target: Int, on group: any EventLoopGroup) async throws {
        let loop = group.next()
        let chosen = port == 0 ? try LocalPort.free() : port
        let bound = loop.submit {
            NIOLoopBound(Link(port: chosen, target: target, loop: loop), eventLoop: loop)
        }
        link = try await bound.get()
        self.loop = loop
        self.port = chosen
        try await onLoop { $0.listen() }.get()
    }

    /// Changes what the link does; connections that exist stay unless `mode` says otherwise.
    package func set(_ mode: LinkMode) async throws {
        try await onLoop { $0.set(mode) }.get()
    }

    /// Changes rate and delay, for what is read from now on.
    package func shape(_ shape: LinkShape) async throws {
        try await onLoop { link in
            link.shape(shape)
            return link.loop.makeSucceededVoidFuture()
        }.get()
    }

    /// Resets all connections (RST) now; new ones are taken at once.
    package func reset() async throws {
        try await onLoop { link in
            link.resetAll()
            return link.loop.makeSucceededVoidFuture()
        }.get()
    }

    /// Bytes and connections so far.
    package func counts() async throws -> Counts {
        let link = link
        return try await loop.submit { link.value.counts }.get()
    }

    /// Closes everything.
    package func close() async {
        try? await onLoop { $0.close() }.get()
    }

    private func onLoop(_ body: @escaping @Sendable (Link) -> EventLoopFuture<Void>) -> EventLoopFuture<Void> {
        let link = link
        return loop.flatSubmit { body(link.value) }
    }
}
