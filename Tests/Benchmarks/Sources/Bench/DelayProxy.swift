// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A TCP proxy in a thread of its own that hands each byte on some time after it came, in both directions; what it takes
/// is bounded by what such a link could hold.
final class DelayProxy: Sendable {
    let port: Int
    private let listener: Int32
    private let target: Int
    private let delay: UInt64
    private let isOver = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// - Parameter milliseconds: one way.
    init(target: Int, milliseconds: Int) throws {
        self.target = target
        delay = UInt64(milliseconds) * 1_000_000
        port = try Bus.freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else { throw Failure("cannot listen on port \(port)") }
        let this = Unmanaged.passRetained(self)
        var made = pthread_t()
        pthread_create(
            &made,
            nil,
            {
                Unmanaged<DelayProxy>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            },
            this.toOpaque()
        )
        thread.withLock { $0 = made }
    }

    /// Closes all connections and waits for the end of the thread.
    func stop() {
        isOver.store(true, ordering: .releasing)
        if let thread = thread.withLock({ $0 }) { pthread_join(thread, nil) }
    }

    /// One direction of one connection.
    private struct Pipe {
        /// More than 100 MB/s at 100 ms would need.
        static let capacity = 16 << 20

        var from: Int32
        var to: Int32
        var waiting: [(due: UInt64, bytes: [UInt8])] = []
        var first = 0
        var held = 0
        var isEnded = false

        /// When the next bytes are to leave.
        var due: UInt64? { first < waiting.count ? waiting[first].due : nil }

        mutating func take(_ now: UInt64, _ delay: UInt64) {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(from, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            guard count > 0 else {
                isEnded = count == 0 || (errno != EAGAIN && errno != EINTR)
                return
            }
            waiting.append((now + delay, Array(chunk[..<count])))
            held += count
        }

        /// Hands on what is due, as far as the other side takes it.
        mutating func pass(_ now: UInt64) {
            while first < waiting.count, waiting[first].due <= now {
                let bytes = waiting[first].bytes
                let count = send(to, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
                guard count > 0 else {
                    isEnded = isEnded || (errno != EAGAIN && errno != EINTR)
                    return
                }
                held -= count
                if count < bytes.count {
                    waiting[first].bytes.removeFirst(count)
                    return
                }
                first += 1
            }
            if first > 1_024 {
                waiting.removeFirst(first)
                first = 0
            }
        }
    }

    private func run() {
        var pipes: [Pipe] = []
        while !isOver.load(ordering: .acquiring) {
            var events = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for pipe in pipes {
                events.append(
                    pollfd(fd: pipe.from, events: pipe.held < Pipe.capacity ? Int16(POLLIN) : 0, revents: 0)
                )
            }
            poll(&events, nfds_t(events.count), wait(for: pipes))
            let now = nanoseconds()
            for index in pipes.indices {
                if events[index + 1].revents != 0 { pipes[index].take(now, delay) }
                pipes[index].pass(now)
            }
            if events[0].revents != 0 { pipes += accept() }
            closeEnded(&pipes)
        }
        for pipe in pipes { close(pipe.from) }
        close(listener)
    }

    /// Milliseconds until something is due.
    private func wait(for pipes: [Pipe]) -> Int32 {
        guard let due = pipes.compactMap(\.due).min() else { return 50 }
        let now = nanoseconds()
        return due <= now ? 1 : Int32(min(50, (due - now) / 1_000_000 + 1))
    }

    private func accept() -> [Pipe] {
        let agent = Glibc.accept(listener, nil, nil)
        let hub = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(target)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(hub, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard agent >= 0, connected == 0 else {
            close(agent)
            close(hub)
            return []
        }
        for descriptor in [agent, hub] {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        return [Pipe(from: agent, to: hub), Pipe(from: hub, to: agent)]
    }

    private func closeEnded(_ pipes: inout [Pipe]) {
        let ended = pipes.filter(\.isEnded)
        guard !ended.isEmpty else { return }
        let descriptors = Set(ended.flatMap { [$0.from, $0.to] })
        for descriptor in descriptors { close(descriptor) }
        pipes.removeAll { descriptors.contains($0.from) }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
