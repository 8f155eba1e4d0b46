// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An agent and a hub of this build in directories of their own, on free loopback ports.
final class Bus {
    let directory: String
    /// A directory that is no disk.
    private var memory: String { "/dev/shm/\(directory.split(separator: "/").last ?? "sluice-bench")" }
    let programs: String
    let agentPort: Int
    let hubPort: Int
    let subscriberPort: Int
    var agent: Child?
    var hub: Child?

    init(programs: String) throws {
        var template = Array("/tmp/sluice-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("cannot make a directory in /tmp") }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.programs = programs
        agentPort = try Self.freePort()
        hubPort = try Self.freePort()
        subscriberPort = try Self.freePort()
    }

    deinit {
        agent?.end(SIGKILL)
        hub?.end(SIGKILL)
        try? Child("rm", ["-rf", directory, memory]).finish()
    }

    /// - Parameter apart: only with processor time that nobody else wants, and with a log in memory, nearly as if it were
    ///   another machine. A thread that is merely nice is not interrupted by one that wakes up.
    func startHub(apart: Bool = false, _ settings: [String: String] = [:]) throws {
        hub = try Child(
            "chrt",
            [apart ? "--idle" : "--other", "0", "\(programs)/sluice-hub", "run"],
            environment: [
                "SLUICE_HUB_STATE_DIR": apart ? memory : "\(directory)/hub",
                "SLUICE_HUB_LISTEN": "127.0.0.1:\(hubPort)",
                "SLUICE_HUB_MQTT_LISTEN": "127.0.0.1:\(subscriberPort)",
            ].merging(settings) { $1 },
            log: "\(directory)/hub.log"
        )
        try waitForPort(subscriberPort)
    }

    /// - Returns: seconds from the start of the process until it answers CONNECT.
    @discardableResult
    func startAgent(_ settings: [String: String] = [:], name: String = "agent", port: Int? = nil) throws -> Double {
        let start = nanoseconds()
        agent = try makeAgent(settings, name: name, port: port ?? agentPort)
        try waitForPort(port ?? agentPort)
        return Double(nanoseconds() - start) / 1e9
    }

    /// Starts an agent without waiting.
    func makeAgent(_ settings: [String: String], name: String, port: Int) throws -> Child {
        var environment = [
            "SLUICE_STATE_DIR": "\(directory)/\(name)", "SLUICE_MQTT_LISTEN": "127.0.0.1:\(port)",
            "SLUICE_HUB": "ws://127.0.0.1:\(hubPort)", "SLUICE_NODE": name, "SLUICE_BUFFER_MAX": "2GiB",
        ]
        environment.merge(settings) { $1 }
        return try Child("\(programs)/sluice", ["agent"], environment: environment, log: "\(directory)/\(name).log")
    }

    /// One member of a status line, read through the command line as a user would.
    func hubLanded() throws -> Int { try hubNumber("landed") }

    func hubNumber(_ key: String) throws -> Int { try number(of: key, in: output(["status", "--json"])) }

    /// Has a hub run once, and writes down the public half of the sealing key that it made then.
    ///
    /// - Returns: the file, as SLUICE_SEAL_TO_FILE wants it.
    func hubKeys() throws -> String {
        try startHub()
        let keys = try output(["keys"])
        hub?.end()
        let path = "\(directory)/hub.keys"
        try write(keys, to: path)
        return path
    }

    private func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure("cannot write \(path)") }
        fputs(text, file)
        fclose(file)
    }

    func connect(_ name: String = "bench") throws -> MQTTConnection {
        try MQTTConnection(port: agentPort, clientID: name)
    }

    private func output(_ arguments: [String]) throws -> String {
        let log = "\(directory)/status.out"
        unlink(log)
        let child = try Child(
            "\(programs)/sluice-hub",
            arguments,
            environment: ["SLUICE_HUB_STATE_DIR": "\(directory)/hub"],
            log: log
        )
        child.finish()
        return readFile(log)
    }

    private func number(of key: String, in json: String) throws -> Int {
        guard let range = json.firstRange(of: "\"\(key)\":") else { throw Failure("no \(key) in: \(json)") }
        return Int(json[range.upperBound...].drop { $0 == " " }.prefix { $0.isNumber }) ?? 0
    }

    func waitForPort(_ port: Int) throws {
        try wait(upTo: 20, for: "port \(port); logs are in \(directory)") {
            (try? MQTTConnection(port: port, clientID: "probe")) != nil
        }
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Failure("no free port") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
