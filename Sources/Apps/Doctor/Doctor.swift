// SPDX-License-Identifier: Apache-2.0

import Agent
import Configuration
import Demo
import Glibc
import Keys
package import NIOCore
import Settings
import Startup
import Uplink

/// Looks at a machine as an agent would find it; what it makes of that is in ``DoctorFacts/findings``.
///
/// Works beside a running agent: its store is not touched, only a scratch store in a directory of its own beside it.
package struct Doctor: Sendable {
    package var survival: SurvivalProbe
    private let eventLoop: any EventLoop

    package init(survival: SurvivalProbe, eventLoop: any EventLoop) {
        self.survival = survival
        self.eventLoop = eventLoop
    }

    /// Collects all facts.
    ///
    /// - Parameter environment: what the agent would be started with.
    package func examine(_ environment: [String: String]) async -> DoctorFacts {
        let (config, configuration, refusal) = Self.read(environment)
        let path = Self.value(Settings.stateDirectory, config) ?? "/var/lib/sluice"
        var facts = DoctorFacts(directory: .init(looking: path), clock: .now)
        facts.refusal = refusal
        facts.budget = Self.value(Settings.bufferMaximum, config)?.bytes ?? 512 << 20
        facts.used = Self.used(in: path)
        facts.agent = Self.agent(in: path)
        let place = facts.directory.isThere ? path : DoctorFacts.Directory.nearest(to: path)
        facts.disk = DoctorFacts.Disk(below: place)
        if facts.directory.isDirectory, facts.directory.isWritable { await scratch(in: place, &facts) }
        if let address = Self.value(Settings.mqttListen, config), address.port != 0 {
            facts.listenAddress = address.description
            facts.listener = DoctorFacts.Listener(trying: address.host, port: address.port)
        }
        if let uplink = configuration?.uplink {
            facts.certificate = uplink.own.flatMap { own in
                own.expiry.map { .init(path: own.certificate, daysLeft: Int(($0 - Int64(time(nil))) / 86_400)) }
            }
            for hub in uplink.hubs {
                let answer = await HubProbe.ask(hub, uplink, on: eventLoop)
                facts.hubs.append(DoctorFacts.Hub(name: hub.name, answer: answer))
            }
        }
        return facts
    }

    /// What is configured, and why that is refused; where names are unknown the rest is read without them.
    private static func read(_ environment: [String: String]) -> (ConfigReader?, AgentConfiguration?, String?) {
        do {
            let config = try ConfigReader(checking: environment)
            do {
                return (config, try AgentConfiguration(config), nil)
            } catch {
                return (config, nil, "\(error)")
            }
        } catch {
            let known = Set(Settings.variables.map(\.name))
            let rest = environment.filter { !$0.key.hasPrefix(Settings.prefix) || known.contains($0.key) }
            return (try? ConfigReader(checking: rest), nil, "\(error)")
        }
    }

    private static func value<Value>(_ setting: Setting<Value>, _ config: ConfigReader?) -> Value? {
        config.flatMap { try? $0.value(setting) }
    }

    /// Bytes that the real store has.
    private static func used(in directory: String) -> Int64 {
        ["store.db", "store.db-wal", "store.db-shm", "ceiling"].reduce(0) { sum, name in
            var status = stat()
            return stat("\(directory)/\(name)", &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
        }
    }

    private static func agent(in directory: String) -> DoctorFacts.Agent {
        let socket = Agent.socketPath(in: directory)
        do throws(ControlClient.Failure) {
            let line = try ControlClient.request("status", path: socket)
            guard let glimpse = AgentGlimpse(line: line) else {
                return .silent("\(socket) answers, but not as an agent")
            }
            let table = try ControlClient.request("table", path: socket)
            return .running(state: glimpse.state, table: table.split(separator: "\t").first.map(String.init) ?? "")
        } catch .notRunning {
            return .stopped
        } catch {
            return .silent(error.description)
        }
    }

    private func scratch(in place: String, _ facts: inout DoctorFacts) async {
        let directory = "\(place)/doctor-\(getpid())"
        guard mkdir(directory, 0o700) == 0 else {
            facts.survival = .untried("\(directory): \(String(cString: strerror(errno)))")
            return
        }
        defer { Self.remove(directory) }
        facts.sync = DoctorFacts.Sync(measuring: directory)
        facts.survival = await survival.run(in: directory + "/store")
    }

    private static func remove(_ directory: String) {
        let store = directory + "/store"
        if let stream = opendir(store) {
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                unlink("\(store)/\(name)")
            }
            closedir(stream)
        }
        rmdir(store)
        rmdir(directory)
    }
}
