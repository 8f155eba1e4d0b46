// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Certification
import Configuration
import Enrolment
import Glibc
import Keys
import NIOPosix
import Settings
import Startup
import Storage

/// The files of this node, for the verbs below `keys`.
struct NodeFiles {
    let files: IdentityFiles
    private let state: String
    private let config: ConfigReader

    /// Refuses a state directory of somebody else: the agent could not read what would be made there.
    init() throws {
        config = try ProcessEnvironment.reader()
        state = try config.value(Settings.stateDirectory)
        files = IdentityFiles(state: state)
        // Of an agent that has never run.
        mkdir(state, 0o750)
        var status = stat()
        guard stat(state, &status) == 0 else {
            throw KeyFault(
                path: state,
                reason: "\(String(cString: strerror(errno))): it is SLUICE_STATE_DIR; make it, for the agent's user"
            )
        }
        guard status.st_uid == geteuid() else {
            throw KeyFault(path: state, reason: "belongs to another user: run this as the agent's (sudo -u sluice ...)")
        }
    }

    /// Refuses a name under which what waits in the store could not be sent; a store that cannot be read says nothing.
    func refuseBacklog(ofOthersThan node: String) throws {
        guard let facts = try? StoreView(directory: state).facts(),
            let other = facts.lanes.first(where: { $0.node != node && $0.events > 0 })
        else { return }
        throw Complaint(
            description: """
                events of node \(other.node) wait here, which a certificate for \(node) does not let through: enrol as \
                \(other.node) (`sluice-hub ca token \(other.node)` at the hub), or let them drain first
                """
        )
    }

    /// Where certificates are issued.
    ///
    /// - Parameter named: as the command line has it; nil means the machine of the first hub.
    func enrolment(at named: DoorAddress?) throws -> Enrolment {
        let hubs = try config.valueIfSet(Settings.hub) ?? []
        guard let door = named ?? hubs.first(where: \.secure).map(DoorAddress.init(of:)) else {
            throw Complaint(
                description: "which hub? name it with --hub https://host:\(DoorAddress.defaultPort), or set SLUICE_HUB"
            )
        }
        let client = EnrolmentClient(
            host: door.address.host,
            port: door.address.port,
            group: MultiThreadedEventLoopGroup.singleton
        )
        return Enrolment(files, client)
    }

    /// The node's name, where it was given one.
    func node() throws -> String? { try config.valueIfSet(Settings.node) }

    /// What has to be in the agent's configuration, as far as it is not there.
    func linesToSet(node: String, door: DoorAddress?) throws -> [String] {
        var lines: [String] = []
        if try config.valueIfSet(Settings.hub) == nil, let door {
            let hub = NetworkHost(host: door.address.host, port: HubAddress.defaultPort)
            lines.append("\(Settings.hub.name)=wss://\(hub)")
        }
        if try self.node() == nil { lines.append("\(Settings.node.name)=\(node)") }
        return lines
    }

    /// Tells an agent that runs; one that does not reads the files when it starts.
    func tellAgent() throws {
        do throws(ControlClient.Failure) {
            _ = try ControlClient.request("reload-link", path: Agent.socketPath(in: state))
        } catch {
            guard case .notRunning = error else { throw error }
        }
    }

    /// What the user has to put right.
    struct Complaint: Error, CustomStringConvertible {
        var description: String
    }
}

extension DoorAddress: ExpressibleByArgument {
    /// `https://` may be left out.
    package init?(argument: String) { self.init(argument.contains("://") ? argument : "https://\(argument)") }
}
