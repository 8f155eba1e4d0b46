// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc

/// A network namespace with one cable to this one, where packets can be dropped and slowed for real.
///
/// Addresses are from 198.18.0.0/15, which is set apart for tests (RFC 2544).
struct NetworkNamespace {
    let name: String
    let outerDevice: String
    let innerDevice: String
    let outerAddress: String
    let innerAddress: String

    /// Why it cannot be had here; nil when it can.
    static func obstacle() async -> String? {
        guard Torture.isRoot else { return "network namespaces need root" }
        for program in ["ip", "nft", "tc"] where path(of: program) == nil { return "\(program) is not installed" }
        let probe = "sltp\(getpid())"
        guard await Torture.allows(ip, "netns", "add", probe) else { return "network namespaces are not allowed here" }
        _ = await Torture.allows(ip, "netns", "del", probe)
        return nil
    }

    /// Runs `body` in reach of a namespace that is gone afterwards.
    static func with(_ body: (NetworkNamespace) async throws -> Void) async throws {
        let number = Int(getpid()) & 0x3F
        let namespace = NetworkNamespace(
            name: "slt\(getpid())",
            outerDevice: "slto\(getpid())",
            innerDevice: "slti\(getpid())",
            outerAddress: "198.19.\(number).1",
            innerAddress: "198.19.\(number).2"
        )
        do {
            try await namespace.make()
            try await body(namespace)
        } catch {
            await namespace.remove()
            throw error
        }
        await namespace.remove()
    }

    /// The words to put before a program so that it runs inside.
    var inside: [String] { [Self.ip, "netns", "exec", name] }

    /// From now on nothing gets through, and nobody is told.
    func dropEverything() async throws {
        try await run(inside + [Self.need("nft"), "add", "table", "inet", "slt"])
        for hook in ["input", "output"] {
            try await run(
                inside + [
                    Self.need("nft"), "add", "chain", "inet", "slt", hook,
                    "{ type filter hook \(hook) priority 0; policy drop; }",
                ]
            )
        }
    }

    func dropNothing() async throws {
        try await run(inside + [Self.need("nft"), "delete", "table", "inet", "slt"])
    }

    /// A token bucket on both ends of the cable (tc-tbf(8)).
    func limit(to rate: String) async throws {
        let bucket = ["root", "tbf", "rate", rate, "burst", "1600", "latency", "400ms"]
        try await run([Self.need("tc"), "qdisc", "add", "dev", outerDevice] + bucket)
        try await run(inside + [Self.need("tc"), "qdisc", "add", "dev", innerDevice] + bucket)
    }

    func unlimit() async throws {
        try await run([Self.need("tc"), "qdisc", "del", "dev", outerDevice, "root"])
        try await run(inside + [Self.need("tc"), "qdisc", "del", "dev", innerDevice, "root"])
    }

    private func make() async throws {
        let ip = Self.ip
        try await run([ip, "netns", "add", name])
        try await run([ip, "link", "add", outerDevice, "type", "veth", "peer", "name", innerDevice, "netns", name])
        try await run([ip, "addr", "add", "\(outerAddress)/30", "dev", outerDevice])
        try await run([ip, "link", "set", outerDevice, "up"])
        try await run([ip, "-n", name, "addr", "add", "\(innerAddress)/30", "dev", innerDevice])
        try await run([ip, "-n", name, "link", "set", innerDevice, "up"])
        try await run([ip, "-n", name, "link", "set", "lo", "up"])
    }

    private func remove() async {
        try? await run([Self.ip, "link", "del", outerDevice])
        try? await run([Self.ip, "netns", "del", name])
    }

    private func run(_ words: [String]) async throws {
        let child = try ChildProcess(
            words[0],
            Array(words.dropFirst()),
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        )
        let status = try await child.exit(within: .seconds(20))
        guard status == .code(0) else {
            throw TimedOut(waitedFor: words.joined(separator: " "), limit: .zero, details: child.tail)
        }
    }

    static let ip = need("ip")

    private static func need(_ program: String) -> String { path(of: program) ?? program }

    private static func path(of program: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
