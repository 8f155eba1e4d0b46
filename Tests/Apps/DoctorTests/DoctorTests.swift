// SPDX-License-Identifier: Apache-2.0

import Demo
import Doctor
import Glibc
import NIOCore
import NIOPosix
import Testing
import Uplink

/// What is looked at for real: a scratch store, a hub, this machine.
@Suite(.timeLimit(.minutes(2))) struct DoctorTests {
    private let directory: String

    init() throws {
        var template = Array("/tmp/sluice-doctor-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    private func probe() throws -> SurvivalProbe {
        SurvivalProbe(program: try Programs.find("sluice"), arguments: ["doctor-scratch"])
    }

    @Test func `events of a killed writer survive`() async throws {
        let result = try await probe().run(in: directory + "/store")
        guard case .survived(let events, 3) = result else {
            _ = Issue.record("\(result)")
            return
        }
        #expect(events >= 600)
    }

    @Test func `a writer that acknowledges what it does not keep is found out`() async {
        let liar = "i=0; while [ $i -lt 250 ]; do i=$((i+1)); echo $i; done; sleep 60"
        let probe = SurvivalProbe(program: "/bin/sh", arguments: ["-c", liar])
        let result = await probe.run(in: directory + "/store")
        guard case .lost(let what) = result else {
            _ = Issue.record("\(result)")
            return
        }
        #expect(what.contains("missing after kill 1"))
    }

    @Test func `a writer that cannot write is told of in its words`() async throws {
        let store = directory + "/store"
        close(open(store, O_CREAT | O_WRONLY, 0o600))
        let result = try await probe().run(in: store)
        guard case .untried(let why) = result else {
            _ = Issue.record("\(result)")
            return
        }
        #expect(why.contains(store))
    }

    @Test func `a machine is looked at without leaving anything behind`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let doctor = Doctor(survival: try probe(), eventLoop: group.next())
        let port = try LocalPort.free()
        let environment = [
            "SLUICE_STATE_DIR": directory, "SLUICE_MQTT_LISTEN": "127.0.0.1:\(port)", "SLUICE_BUFFER_MAX": "16MiB",
            "SLUICE_HUBB": "x",
        ]
        let facts = await doctor.examine(environment)
        #expect(facts.refusal?.contains("SLUICE_HUB?") == true)
        #expect(facts.budget == 16 << 20)
        #expect(facts.listener == .free)
        #expect(facts.agent == .stopped)
        #expect(facts.disk?.freeBytes ?? 0 > 0)
        #expect(facts.sync?.sync ?? 0 > 0)
        guard case .survived = facts.survival else {
            _ = Issue.record("\(String(describing: facts.survival))")
            return
        }
        #expect(rmdir(directory) == 0, "it is empty again")
        try await group.shutdownGracefully()
    }

    @Test func `a hub is told from what is none`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (port, mqtt) = (try LocalPort.free(), try LocalPort.free())
        let hub = try ChildProcess(
            try Programs.find("sluice-hub"),
            ["run"],
            environment: [
                "SLUICE_HUB_STATE_DIR": directory, "SLUICE_HUB_LISTEN": "127.0.0.1:\(port)",
                "SLUICE_HUB_MQTT_LISTEN": "127.0.0.1:\(mqtt)",
            ]
        )
        func ask(_ hub: UplinkConfiguration.Hub) async -> HubProbe.Answer {
            var configuration = UplinkConfiguration()
            configuration.hubs = [hub]
            return await HubProbe.ask(hub, configuration, on: group.next())
        }
        try await withChild(hub) { hub in
            try await hub.listening(on: port, within: .seconds(20))
            #expect(await ask(.init(host: "127.0.0.1", port: port)) == .hub)
            guard case .stranger = await ask(.init(host: "127.0.0.1", port: mqtt)) else {
                _ = Issue.record("an MQTT port passed for a hub")
                return
            }
            guard case .insecure = await ask(.init(host: "127.0.0.1", port: port, secure: true)) else {
                _ = Issue.record("plain text passed for TLS")
                return
            }
        }
        guard case .unreachable = await ask(.init(host: "127.0.0.1", port: port)) else {
            _ = Issue.record("a hub that is gone was reached")
            return
        }
        guard case .unresolved = await ask(.init(host: "no-such-host.invalid", port: 1)) else {
            _ = Issue.record("a name that stands for nothing was found")
            return
        }
        try await group.shutdownGracefully()
    }
}
