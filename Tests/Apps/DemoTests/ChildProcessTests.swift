// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Demo

@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
    private func shell(_ script: String, environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess("/bin/sh", ["-c", script], environment: environment)
    }

    @Test func `output, errors and exit code arrive`() async throws {
        let child = try shell("echo out $WORD; echo err >&2; printf tail; exit 3", environment: ["WORD": "x"])
        #expect(try await child.exit(within: .seconds(10)) == .code(3))
        #expect(child.output == ["out x", "tail"])
        #expect(child.errors == ["err"])
    }

    @Test func `a child that is killed says so`() async throws {
        let child = try shell("echo ready; exec sleep 60")
        _ = try await child.line(containing: "ready", within: .seconds(10))
        try await child.kill()
        #expect(child.status == .signal(SIGKILL))
        #expect(!child.signal(SIGTERM))
    }

    @Test func `a child that nobody knows any more is killed`() async throws {
        var child: ChildProcess? = try shell("exec sleep 60")
        let pid = try #require(child?.pid)
        child = nil
        try await waiting(for: "end of the child", within: .seconds(10)) { kill(pid, 0) == 0 ? nil : () }
    }

    @Test func `a program that is not there cannot be started`() {
        #expect(throws: ChildProcess.StartFailure.self) { try ChildProcess("/nowhere/at/all") }
    }

    @Test func `waiting for a line of a process that ends is over at once`() async throws {
        let child = try shell("echo a; exit 1")
        let start = ContinuousClock.now
        await #expect(throws: TimedOut.self) { try await child.line(containing: "b", within: .seconds(50)) }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `output goes to a file when asked`() async throws {
        let path = "/tmp/sluice-child-\(getpid())"
        defer { unlink(path) }
        let child = try ChildProcess("/bin/sh", ["-c", "printf 'one\\n\\ntwo'"], output: .file(path))
        try await child.exit(within: .seconds(10))
        var lines: [String] = []
        try LineReader.forEachLine(of: path) { lines.append(String(decoding: $0, as: UTF8.self)) }
        #expect(lines == ["one", "two"])
    }

    @Test func `a child has none of its starter's descriptors`() async throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        let child = try shell("echo $(ls /proc/self/fd)")
        try await child.exit(within: .seconds(10))
        // What other tests open at that very moment may be there; what was open before must not.
        let open = try #require(child.output.first).split(separator: " ").map(String.init)
        #expect(open.starts(with: ["0", "1", "2"]))
        #expect(!open.contains("\(socket)"))
    }
}
