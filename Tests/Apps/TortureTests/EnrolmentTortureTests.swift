// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Glibc
import Testing

extension TortureTests {
    /// Programs that are killed while a node gets its certificate.
    @Suite(.serialized) struct Enrolment {
        private static let strace = "/usr/bin/strace"
        /// What changes files or speaks to the hub: the process dies before one of these takes effect.
        private static let calls = ["rename", "fsync", "unlink", "connect"]

        /// Runs a verb, killed before it makes a call for the `number`th time; nil lets it live.
        ///
        /// - Returns: whether it came to its end.
        private func run(
            _ words: [String],
            _ site: Site,
            _ environment: [String: String],
            dying call: String?,
            _ number: Int,
            input: String
        ) async throws -> Bool {
            let program = try Programs.find(words[0])
            let tracing = call.map { call in
                [
                    Self.strace, "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                    "inject=\(call):signal=KILL:when=\(number)",
                ]
            }
            let command = (tracing ?? []) + [program] + words.dropFirst()
            let file = "\(site.directory)/input"
            try Data("\(input)\n".utf8).write(to: URL(filePath: file))
            let child = try ChildProcess(
                "/bin/sh",
                ["-c", "exec \"$0\" \"$@\" <\(file)"] + command,
                environment: environment
            )
            try await child.exit(within: .seconds(60))
            return child.status == .code(0)
        }

        @Test(
            .timeLimit(.minutes(5)),
            .enabled("needs strace and leave to trace") { await Torture.allows(strace, "-o", "/dev/null", "/bin/true") }
        )
        func `an authority whose making was killed at any step is made by doing it again`() async throws {
            try await Site.with { site in
                let words = ["sluice-hub", "ca", "init", "--host", "localhost"]
                var deaths = 0
                for call in ["rename", "fsync"] {
                    for number in 1...6 {
                        let state = "\(site.directory)/\(call)-\(number)"
                        let environment = site.environment.merging(["SLUICE_HUB_STATE_DIR": state]) { _, new in new }
                        if try await !run(words, site, environment, dying: call, number, input: "") {
                            deaths += 1
                            let isThere = access("\(state)/ca/hub.pem", F_OK) == 0
                            let again = try await run(words, site, environment, dying: nil, 0, input: "")
                            #expect(again || isThere, "killed at \(call) \(number)")
                        }
                        let token = ["sluice-hub", "ca", "token", "pump-7"]
                        #expect(try await run(token, site, environment, dying: nil, 0, input: ""))
                    }
                }
                #expect(deaths >= 6, "only \(deaths) were killed")
            }
        }

        @Test(
            .timeLimit(.minutes(5)),
            .enabled("needs strace and leave to trace") { await Torture.allows(strace, "-o", "/dev/null", "/bin/true") }
        )
        func `an enrolment that was killed at any step is done again with the same token`() async throws {
            let door = try LocalPort.free()
            try await Site.with(["SLUICE_HUB_ENROL_LISTEN": "127.0.0.1:\(door)", "SLUICE_NODE": ""]) { site in
                mkdir(site.hubDirectory, 0o700)
                let made = try await site.run("sluice-hub", "ca", "init", "--host", "localhost")
                try #require(made.status == .code(0), "\(made.tail)")
                try await site.startHub()
                var deaths = 0
                for call in Self.calls {
                    for number in 1...4 {
                        let node = "\(call)-\(number)"
                        let directory = "\(site.directory)/\(node)"
                        mkdir(directory, 0o700)
                        let token = try await site.run("sluice-hub", "ca", "token", node)
                        let text = try #require(token.output.first)
                        let environment = site.environment.merging(["SLUICE_STATE_DIR": directory]) { _, new in new }
                        let words = ["sluice", "keys", "enrol", "--hub", "https://localhost:\(door)"]
                        let lived = try await run(words, site, environment, dying: call, number, input: text)
                        if !lived {
                            deaths += 1
                            // Done already or not: the same command brings it to the end, unless the end was reached.
                            let isThere = access("\(directory)/tls.pem", F_OK) == 0
                            let again = try await run(words, site, environment, dying: nil, 0, input: text)
                            #expect(again || isThere, "killed at \(call) \(number)")
                        }
                        for verb in [["show"], ["rotate"] + words.suffix(2)] {
                            let words = ["sluice", "keys"] + verb
                            let isWell = try await run(words, site, environment, dying: nil, 0, input: "")
                            #expect(isWell, "\(verb[0]) after being killed at \(call) \(number)")
                        }
                    }
                }
                #expect(deaths >= 8, "only \(deaths) were killed")
            }
        }
    }
}
