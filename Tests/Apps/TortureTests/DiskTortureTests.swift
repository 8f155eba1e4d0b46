// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import Startup
import Testing

extension TortureTests {
    /// A file system that is really full, with the real agent on it.
    @Suite(
        .serialized,
        .enabled("needs leave to mount a tmpfs in a namespace of its own") {
            await Torture.allows("/usr/bin/unshare", "-rm", "/bin/sh", "-c", "mount -t tmpfs none /mnt")
        }
    ) struct Disk {
        /// Words that give the agent a small file system of its own as its state directory.
        private func inside(_ site: Site, bytes: Int) -> [String] {
            let script = "mkdir -p \"$0\" && mount -t tmpfs -o size=\(bytes) none \"$0\" && exec \"$@\""
            return ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", script, site.agentDirectory]
        }

        /// The state directory as the agent sees it.
        private func directory(of site: Site) throws -> String {
            "/proc/\(try #require(site.agent?.pid))/root\(site.agentDirectory)"
        }

        /// Takes all room that is left.
        private func fill(_ path: String) throws {
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            try #require(file >= 0, "\(path): errno \(errno)")
            defer { close(file) }
            for count in [65_536, 4_096] {
                let chunk = [UInt8](repeating: 0x46, count: count)
                while write(file, chunk, chunk.count) > 0 {}
            }
        }

        /// The agent's word on what it does; it is asked inside, where its socket is.
        private func state(_ site: Site) throws -> String {
            let line = try ControlClient.request("table", path: try directory(of: site) + "/sluice.sock")
            return line.split(separator: "\t").joined(separator: "\n")
        }

        @Test(.timeLimit(.minutes(3)))
        func `a full disk stops acknowledgements for a reason, loses nothing, and is left behind`() async throws {
            try await Site.with(["SLUICE_BUFFER_MAX": "64MiB"]) { site in
                try await site.startHub()
                try await site.link.set(.refuse)
                try await site.startAgent(inside: inside(site, bytes: 12 << 20))
                let filler = try directory(of: site) + "/filler"
                let devices = site.devices(2, rate: 300, noise: 400)
                try await site.publishing(devices) {
                    try await waiting(for: "first events", within: .seconds(30)) {
                        devices.allSatisfy { $0.acknowledged > 100 } ? () : nil
                    }
                    try fill(filler)
                    let words = try await waiting(for: "refusal", within: .seconds(60), every: .milliseconds(50)) {
                        let words = try state(site)
                        return words.contains("refusing") ? words : nil
                    }
                    #expect(words.contains("is full"), "\(words)")
                    #expect(
                        site.agent?.errors.contains { $0.contains("cannot write events") && $0.contains("full") }
                            == true
                    )
                    unlink(filler)
                    let before = devices.map(\.acknowledged).reduce(0, +)
                    try await waiting(for: "acknowledgements again", within: .seconds(60), every: .milliseconds(50)) {
                        devices.map(\.acknowledged).reduce(0, +) > before + 100 ? () : nil
                    }
                }
                try await site.link.set(.pass)
                try await waiting(for: "empty backlog", within: .seconds(120), every: .milliseconds(100)) {
                    let path = try directory(of: site) + "/sluice.sock"
                    return try Site.object(ControlClient.request("status", path: path))["backlog_events"] == "0"
                        ? () : nil
                }
                #expect(site.agent?.isRunning == true)
                let verdict = try await site.judge(devices)
                #expect(verdict.lost == 0, "\(verdict)")
            }
        }
    }
}
