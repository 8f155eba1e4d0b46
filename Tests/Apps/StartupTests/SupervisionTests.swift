// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import Startup
import Synchronization
import Testing

@Suite struct SupervisionTests {
    @Test func `notices are lines of one datagram`() {
        let datagram = ManagerNotice.datagram([.ready, .status("all is well"), .alive, .moreTime(.milliseconds(1500))])
        let text = "READY=1\nSTATUS=all is well\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=1500000\n"
        #expect(String(decoding: datagram, as: UTF8.self) == text)
        #expect(String(decoding: ManagerNotice.datagram([.stopping]), as: UTF8.self) == "STOPPING=1\n")
    }

    @Test func `a status cannot smuggle in another notice, and is bounded`() {
        let datagram = ManagerNotice.datagram([.status("a\nMAINPID=1\r\nb\u{2028}c\u{0}d")])
        #expect(String(decoding: datagram, as: UTF8.self) == "STATUS=a MAINPID=1 b c d\n")
        let long = ManagerNotice.datagram([.status(String(repeating: "ü", count: 5000))])
        #expect(long.count == 7 + 1024 + 1)
    }

    @Test func `the watchdog of another process is not obeyed`() {
        #expect(Supervision.watchdog(["WATCHDOG_USEC": "30000000"], process: 7) == .seconds(30))
        #expect(Supervision.watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], process: 7) == .seconds(30))
        #expect(Supervision.watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], process: 7) == nil)
        for text in ["", "0", "-1", "soon"] {
            #expect(Supervision.watchdog(["WATCHDOG_USEC": text], process: 7) == nil)
        }
    }

    @Test func `without a manager there is nothing to run, and an odd name is refused`() throws {
        #expect(try ManagerSocket(environment: [:]) == nil)
        #expect(try ManagerSocket(environment: ["NOTIFY_SOCKET": ""]) == nil)
        for name in ["relative", "@", "/", "vsock:2:1", "/" + String(repeating: "x", count: 107)] {
            #expect(throws: ManagerSocket.Failure.self) { try ManagerSocket(environment: ["NOTIFY_SOCKET": name]) }
        }
    }

    @Test func `a manager that is gone is a failure that names its socket`() throws {
        let name = "/tmp/sluice-\(getpid())-nobody"
        let socket = try #require(try ManagerSocket(environment: ["NOTIFY_SOCKET": name]))
        let failure = #expect(throws: ManagerSocket.Failure.self) { try socket.send([.ready]) }
        #expect(failure?.description.contains(name) == true)
    }

    @Test(arguments: [false, true])
    func `ready, alive and stopping arrive, by path and by abstract name`(isAbstract: Bool) async throws {
        let manager = try Manager(isAbstract: isAbstract)
        let state = Mutex("one")
        let proofs = Mutex(0)
        let supervision = Supervision(
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "40000"],
            stopTimeout: .seconds(5),
            logger: Logger(label: "test")
        ) {
            state.withLock(\.self)
        } proof: {
            proofs.withLock { $0 += 1 }
        }
        let group = ServiceGroup(services: [try #require(supervision)], logger: Logger(label: "test"))
        async let run: Void = group.run()
        #expect(try manager.receive() == "READY=1\nSTATUS=one\n")
        #expect(try manager.receive() == "WATCHDOG=1\n")
        #expect(proofs.withLock(\.self) > 0)
        state.withLock { $0 = "two" }
        var notice = "WATCHDOG=1\n"
        while notice == "WATCHDOG=1\n" { notice = try manager.receive() }
        #expect(notice == "WATCHDOG=1\nSTATUS=two\n")
        await group.triggerGracefulShutdown()
        try await run
        while notice.hasPrefix("WATCHDOG=1\n") { notice = try manager.receive() }
        #expect(notice == "STOPPING=1\nSTATUS=stopping: what was read is committed\nEXTEND_TIMEOUT_USEC=15000000\n")
    }

    @Test func `what hangs is not said to be alive`() async throws {
        let manager = try Manager(isAbstract: true)
        let (stuck, release) = AsyncStream.makeStream(of: Void.self)
        let reached = Mutex(false)
        let supervision = Supervision(
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "2000"],
            stopTimeout: .zero,
            logger: Logger(label: "test")
        ) {
            "well"
        } proof: {
            reached.withLock { $0 = true }
            for await _ in stuck { break }
        }
        let group = ServiceGroup(services: [try #require(supervision)], logger: Logger(label: "test"))
        async let run: Void = group.run()
        #expect(try manager.receive() == "READY=1\nSTATUS=well\n")
        while !reached.withLock(\.self) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(throws: Manager.Silence.self) { try manager.receive(milliseconds: 100) }
        release.finish()
        #expect(try manager.receive() == "WATCHDOG=1\n")
        await group.triggerGracefulShutdown()
        try await run
    }
}

/// A service manager's end of the socket.
private final class Manager {
    struct Silence: Error {}

    let name: String
    private let descriptor: Int32

    init(isAbstract: Bool) throws {
        name = "\(isAbstract ? "@" : "/tmp/")sluice-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = name
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: name.utf8)
            if isAbstract { bytes[0] = 0 }
        }
        let length = socklen_t(2 + name.utf8.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Silence() }
    }

    deinit {
        close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    func receive(milliseconds: Int = 10_000) throws -> String {
        var timeout = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { throw Silence() }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
