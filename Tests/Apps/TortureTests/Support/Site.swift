// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// One agent, one hub and the link between them, with state in a directory of their own.
final class Site: Sendable {
    /// The little that any program needs of its environment.
    static let plainEnvironment = ["PATH": Torture.variable("PATH") ?? "/usr/bin:/bin", "HOME": "/nonexistent"]

    let directory: String
    let mqttPort: Int
    let hubPort: Int
    let hubMQTTPort: Int
    let link: LinkProxy
    let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    private let children = Mutex<(agent: ChildProcess?, hub: ChildProcess?)>((nil, nil))
    /// Set before the first start.
    private let extra: [String: String]

    /// Runs `body` with a site that starts nothing by itself and leaves nothing behind.
    ///
    /// When `body` throws, the last lines of both programs are shown.
    static func with(
        _ extra: [String: String] = [:],
        _ body: (Site) async throws -> Void
    ) async throws {
        let site = try await Site(extra)
        do {
            try await body(site)
        } catch {
            Issue.record("\(error)\n\(site.tail)")
        }
        await site.tearDown()
    }

    private init(_ extra: [String: String]) async throws {
        self.extra = extra
        directory = try Self.temporaryDirectory()
        mqttPort = try LocalPort.free()
        hubPort = try LocalPort.free()
        hubMQTTPort = try LocalPort.free()
        link = try await LinkProxy(to: hubPort, on: group)
    }

    /// Short, because the path of a unix socket goes into it.
    static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/slt-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TimedOut(waitedFor: "temporary directory", limit: .zero) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var agentDirectory: String { "\(directory)/agent" }
    var hubDirectory: String { "\(directory)/hub" }
    var agent: ChildProcess? { children.withLock { $0.agent } }
    var hub: ChildProcess? { children.withLock { $0.hub } }
    var tail: String { [agent?.tail, hub?.tail].compactMap(\.self).joined(separator: "\n") }

    // MARK: The two programs

    /// Everything that both programs need to know, for one table serves both; what is empty is left out.
    var environment: [String: String] {
        var all = Self.plainEnvironment
        all["SLUICE_HUB"] = "ws://127.0.0.1:\(link.port)"
        all["SLUICE_NODE"] = "gw"
        all["SLUICE_STATE_DIR"] = agentDirectory
        all["SLUICE_MQTT_LISTEN"] = "127.0.0.1:\(mqttPort)"
        all["SLUICE_HUB_LISTEN"] = "127.0.0.1:\(hubPort)"
        all["SLUICE_HUB_STATE_DIR"] = hubDirectory
        all["SLUICE_HUB_MQTT_LISTEN"] = "127.0.0.1:\(hubMQTTPort)"
        return all.merging(extra) { _, new in new }.filter { !$0.value.isEmpty }
    }

    /// Starts the agent and waits until devices can connect.
    ///
    /// - Parameter inside: the words to put before the program.
    func startAgent(_ more: [String: String] = [:], inside: [String] = []) async throws {
        let words = try inside + [Programs.find("sluice"), "agent"]
        let child = try ChildProcess(
            words[0],
            Array(words.dropFirst()),
            environment: environment.merging(more) { _, new in new }
        )
        children.withLock { $0.agent = child }
        try await child.listening(on: mqttPort, within: .seconds(30))
    }

    /// Starts the hub and waits until agents can connect.
    func startHub(_ more: [String: String] = [:]) async throws {
        let child = try ChildProcess(
            Programs.find("sluice-hub"),
            ["run"],
            environment: environment.merging(more) { _, new in new }
        )
        children.withLock { $0.hub = child }
        try await child.listening(on: hubPort, within: .seconds(30))
    }

    /// Starts the hub at the other end of a cable.
    func startHub(in cable: NetworkNamespace) async throws {
        let words = try cable.inside + [Programs.find("sluice-hub"), "run"]
        let listen = ["SLUICE_HUB_LISTEN": "\(cable.innerAddress):\(hubPort)"]
        let child = try ChildProcess(
            words[0],
            Array(words.dropFirst()),
            environment: environment.merging(listen) { _, new in new }
        )
        children.withLock { $0.hub = child }
        _ = try await child.line(containing: "\(cable.innerAddress)", within: .seconds(30))
    }

    func start() async throws {
        try await startHub()
        try await startAgent()
    }

    func killAgent() async throws { try await agent?.kill() }
    func killHub() async throws { try await hub?.kill() }

    private func tearDown() async {
        try? await killAgent()
        try? await killHub()
        await link.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: What they say

    /// Runs a verb to its end.
    func run(
        _ program: String,
        _ arguments: String...,
        within limit: Duration = .seconds(60)
    ) async throws
        -> ChildProcess
    {
        let child = try ChildProcess(Programs.find(program), arguments, environment: environment)
        try await child.exit(within: limit)
        return child
    }

    /// `sluice status --json`, each value as it stands.
    func status() async throws -> [String: String] {
        let child = try await run("sluice", "status", "--json")
        guard child.status == .code(0) else { return [:] }
        return try Self.object(child.output.joined())
    }

    /// The keys and raw values of a flat JSON object.
    static func object(_ text: String) throws -> [String: String] {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONLineScanner(bytes)
            var values: [String: String] = [:]
            while let key = try scanner.nextKey() { values[key] = try scanner.raw() }
            return values
        }
    }

    /// Waits until the agent has nothing that the hub has not acknowledged.
    func drain(within limit: Duration = .seconds(120)) async throws {
        var last: [String: String] = [:]
        try await waiting(
            for: "empty backlog",
            within: limit,
            every: .milliseconds(100),
            details: "\(last)\n\(tail)"
        ) {
            last = try await status()
            return last["backlog_events"] == "0" ? () : nil
        }
    }

    /// What the hub exported when it was judged last.
    var exportPath: String { "\(directory)/export.jsonl" }

    /// Exports the hub's log and judges it.
    func judge(_ devices: [Device]) async throws -> Verdict {
        try await judge(records: devices.map(\.record))
    }

    func judge(records: [PublishRecord]) async throws -> Verdict {
        let export = try ChildProcess(
            Programs.find("sluice-hub"),
            ["export"],
            environment: environment,
            output: .file(exportPath)
        )
        let status = try await export.exit(within: .seconds(120))
        try #require(status == .code(0), "\(export.tail)")
        var judge = Judge(records)
        try judge.take(exportAt: exportPath)
        return judge.finish()
    }

    /// Waits until all that landed is signed, and compares it with what was.
    func audit() async throws {
        try await waiting(for: "a checkpoint over all events", within: .seconds(30), details: tail) {
            let status = try Self.object(try await run("sluice-hub", "status", "--json").output.joined())
            return status["signed_events"] == status["events"] ? () : nil
        }
        let child = try await run("sluice-hub", "audit")
        #expect(child.status == .code(0), "\(child.output)")
    }

    /// `sluice-hub gaps --json`: one object per line, raw.
    func gaps() async throws -> [[String: String]] {
        let child = try await run("sluice-hub", "gaps", "--json")
        try #require(child.status == .code(0), "\(child.tail)")
        return try child.output.filter { !$0.isEmpty }.map { try Self.object($0) }
    }
}
