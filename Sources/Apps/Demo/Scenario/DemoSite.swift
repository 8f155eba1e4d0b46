// SPDX-License-Identifier: Apache-2.0

import Glibc
package import NIOCore

/// Where the demo's hub and agent live: an own directory, own ports, a link between them that can be cut.
package final class DemoSite: Sendable {
    /// The directory could not be made.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let directory: String
    package let link: LinkProxy
    package let mqttPort: Int
    private let hubPort: Int
    private let hubMQTTPort: Int
    private let agentProgram: String
    private let hubProgram: String
    private let forward: String

    /// Finds the programs, makes the directory, opens the link.
    package init(forward: String, on group: any EventLoopGroup) async throws {
        agentProgram = try Programs.find("sluice")
        hubProgram = try Programs.find("sluice-hub")
        self.forward = forward
        directory = try Self.makeDirectory()
        hubPort = try LocalPort.free()
        hubMQTTPort = try LocalPort.free()
        mqttPort = try LocalPort.free()
        link = try await LinkProxy(to: hubPort, on: group)
        for name in ["agent", "hub"] { mkdir("\(directory)/\(name)", 0o700) }
    }

    /// The agent's status socket.
    package var socketPath: String { "\(directory)/agent/sluice.sock" }
    package var exportPath: String { "\(directory)/export.jsonl" }

    /// Starts an agent that reaches the hub through the link, and waits until devices can connect.
    package func startAgent() async throws -> ChildProcess {
        let agent = try ChildProcess(
            agentProgram,
            ["agent"],
            environment: environment([
                "SLUICE_HUB": "ws://127.0.0.1:\(link.port)",
                "SLUICE_NODE": "demo",
                "SLUICE_STATE_DIR": "\(directory)/agent",
                "SLUICE_MQTT_LISTEN": "127.0.0.1:\(mqttPort)",
                "SLUICE_FORWARD": forward,
            ])
        )
        try await agent.listening(on: mqttPort, within: .seconds(15))
        return agent
    }

    /// Starts the hub and waits until agents can connect.
    package func startHub() async throws -> ChildProcess {
        let hub = try ChildProcess(hubProgram, ["run"], environment: hubEnvironment)
        try await hub.listening(on: hubPort, within: .seconds(15))
        return hub
    }

    /// Writes everything that landed to ``exportPath``.
    package func export() async throws {
        let export = try ChildProcess(
            hubProgram,
            ["export"],
            environment: hubEnvironment,
            output: .file(exportPath)
        )
        let status = try await export.exit(within: .seconds(30))
        guard status == .code(0) else { throw Failure(description: "sluice-hub export failed\n\(export.tail)") }
    }

    /// Removes the directory and all that is in it.
    package func remove() {
        Self.remove(directory)
    }

    private var hubEnvironment: [String: String] {
        environment([
            "SLUICE_HUB_LISTEN": "127.0.0.1:\(hubPort)",
            "SLUICE_HUB_STATE_DIR": "\(directory)/hub",
            "SLUICE_HUB_MQTT_LISTEN": "127.0.0.1:\(hubMQTTPort)",
        ])
    }

    /// What the programs need of the user's environment, and nothing that would configure them.
    private func environment(_ settings: [String: String]) -> [String: String] {
        var environment = settings
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH", "TZ", "LANG"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }

    /// The path is short: a unix socket's may have 107 bytes.
    private static func makeDirectory() throws(Failure) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/sluice-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "cannot make a directory in \(parent): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name != ".", name != ".." else { continue }
                if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
