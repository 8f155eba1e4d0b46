// SPDX-License-Identifier: Apache-2.0

import Certification
import Enrolment
import Glibc
import NIOPosix
import TestSupport

/// A hub's door over loopback, and the directory of a node.
struct DoorFixture {
    let directory: String
    let authority: Authority
    let door: EnrolmentDoor
    let log: LogLines
    let port: Int

    /// Runs `body` with a door that is open.
    static func with(
        _ adapt: (inout EnrolmentDoor.Configuration) -> Void = { _ in },
        _ body: (DoorFixture) async throws -> Void
    ) async throws {
        try await ScratchDirectory.withAsync { directory in
            try await with(directory, "hub", adapt, body)
        }
    }

    /// - Parameter name: of the hub's state directory, which is made below `directory`.
    static func with(
        _ directory: String,
        _ name: String,
        _ adapt: (inout EnrolmentDoor.Configuration) -> Void = { _ in },
        _ body: (DoorFixture) async throws -> Void
    ) async throws {
        let state = "\(directory)/\(name)"
        mkdir(state, 0o700)
        let authority = try Authority.make(state: state, now: now)
        try authority.certifyHub(["localhost", "127.0.0.1"], now: now)
        var configuration = EnrolmentDoor.Configuration(state: state)
        configuration.port = 0
        adapt(&configuration)
        let log = LogLines()
        let door = EnrolmentDoor(configuration, group: MultiThreadedEventLoopGroup.singleton, logger: log.logger)
        let port = try await door.start()
        let fixture = DoorFixture(directory: directory, authority: authority, door: door, log: log, port: port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await door.run() }
            try await body(fixture)
            group.cancelAll()
        }
    }

    static var now: Int64 { Int64(time(nil)) }

    var client: EnrolmentClient {
        EnrolmentClient(host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// The files of a node, in a directory of its own.
    func node(_ name: String = "node") -> IdentityFiles {
        mkdir("\(directory)/\(name)", 0o700)
        return IdentityFiles(state: "\(directory)/\(name)")
    }

    func enrolment(_ name: String = "node") -> Enrolment { Enrolment(node(name), client) }

    func token(_ node: String = "pump-7") throws -> EnrolmentToken {
        try authority.token(for: node, seconds: 3_600, now: Self.now)
    }

    /// A token with another secret.
    func guess(_ node: String = "pump-7") -> EnrolmentToken {
        EnrolmentToken(
            node: node,
            secret: (0..<16).map { _ in .random(in: 0...255) },
            authority: authority.certificate.key.hash
        )
    }
}
