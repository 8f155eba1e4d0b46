// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

/// Tells when links, addresses or routes change, so that a network that is back is used at once (rtnetlink(7)).
enum RouteWatch {
    /// As `sockaddr_nl` in linux/netlink.h.
    private struct Address {
        var family = UInt16(AF_NETLINK)
        var padding: UInt16 = 0
        var port: UInt32 = 0
        /// RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE of linux/rtnetlink.h.
        var groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
    }

    /// Any message is news; what it says does not matter.
    private final class NewsHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let changed: @Sendable () -> Void

        init(_ changed: @escaping @Sendable () -> Void) {
            self.changed = changed
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            changed()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // Messages that were lost are news, too.
            changed()
        }
    }

    /// Begins to watch; nil where the kernel or a sandbox does not allow it, which only makes reconnecting slower.
    static func start(
        on eventLoop: any EventLoop,
        changed: @escaping @Sendable () -> Void
    ) async -> (any Channel)? {
        guard let descriptor = open() else { return nil }
        do {
            return try await NIOPipeBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(NewsHandler(changed))
                    }
                }
                .takingOwnershipOfDescriptor(input: descriptor).get()
        } catch {
            close(descriptor)
            return nil
        }
    }

    private static func open() -> CInt? {
        let kind = CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        // Protocol 0 is NETLINK_ROUTE.
        let descriptor = socket(AF_NETLINK, kind, 0)
        guard descriptor >= 0 else { return nil }
        var address = Address()
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
