// SPDX-License-Identifier: Apache-2.0

import Broker
import Demo
import FoundationEssentials
import Glibc
import NIOCore
import Testing

extension TortureTests {
    /// SIGHUP, as `systemctl reload` sends it.
    @Suite(.serialized) struct Reload {
        private func client(_ site: Site, _ password: String) async throws -> MQTTClient {
            var configuration = MQTTClientConfiguration(clientID: "")
            configuration.port = site.mqttPort
            configuration.userName = "pump"
            configuration.password = Array(password.utf8)
            return try await .connect(configuration, group: site.group)
        }

        private func setPassword(_ password: String, _ file: String, _ site: Site) async throws {
            let secret = "\(site.directory)/secret"
            try Data("\(password)\n".utf8).write(to: URL(filePath: secret))
            let words = try [Programs.find("sluice"), "passwd", file, "pump"]
            let child = try ChildProcess(
                "/bin/sh",
                ["-c", "exec \"$0\" \"$@\" <\(secret)"] + words,
                environment: site.environment
            )
            try #require(try await child.exit(within: .seconds(30)) == .code(0), "\(child.tail)")
        }

        @Test(.timeLimit(.minutes(2)))
        func `passwords that were changed hold after SIGHUP, and nobody is disconnected`() async throws {
            try await Site.with(["SLUICE_HUB": ""]) { site in
                let file = "\(site.directory)/passwd"
                try await setPassword("first", file, site)
                try await site.startAgent(["SLUICE_MQTT_PASSWORD_FILE": file])
                let agent = try #require(site.agent)
                let pump = try await client(site, "first")
                try await setPassword("second", file, site)
                kill(agent.pid, SIGHUP)
                _ = try await agent.line(containing: "read passwords and access rules again", within: .seconds(30))
                await #expect(throws: MQTTClientError.self) { try await client(site, "first") }
                try await client(site, "second").disconnect()
                try Data("pump:second\n".utf8).write(to: URL(filePath: file))
                kill(agent.pid, SIGHUP)
                _ = try await agent.line(containing: "stay as they were: \(file), line 1", within: .seconds(30))
                try await client(site, "second").disconnect()
                // It was there all the time.
                try await pump.publish(topic: "t", payload: ByteBuffer())
                await pump.disconnect()
                #expect(agent.isRunning)
            }
        }
    }
}
