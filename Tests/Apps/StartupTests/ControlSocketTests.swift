// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import NIOPosix
import ServiceLifecycle
import Startup
import Testing

@Suite struct ControlSocketTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sluice-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func `a request gets one line, even where a dead program left its socket`() async throws {
        try await withDirectory { directory in
            let path = directory + "/s.sock"
            let group = MultiThreadedEventLoopGroup.singleton
            let dead = try await ControlSocket(path: path, group: group) { _ in "dead" }
            rename(path, path + ".old")
            rename(path + ".old", path)
            let socket = try await ControlSocket(path: path, group: group) { "answer to \($0)" }
            #expect(try ControlClient.request("status", path: path) == "answer to status")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await socket.run() }
                tasks.addTask { try await dead.run() }
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
            #expect(throws: ControlClient.Failure.notRunning(path: path)) {
                try ControlClient.request("status", path: path)
            }
        }
    }

    @Test func `a path that no socket can have is refused with its length`() async throws {
        let path = "/tmp/" + String(repeating: "x", count: 120)
        let error = await #expect(throws: ControlSocket.Failure.self) {
            _ = try await ControlSocket(path: path, group: MultiThreadedEventLoopGroup.singleton) { $0 }
        }
        #expect(error?.description.contains("has 125 bytes, a unix socket's may have 107") == true)
    }
}
