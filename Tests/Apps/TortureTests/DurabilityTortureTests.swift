// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import TestSupport
import Testing

extension TortureTests {
    /// What the kernel is asked to do, in which order.
    @Suite(.serialized) struct Durability {
        private static let strace = "/usr/bin/strace"

        /// The calls that matter, one per line; each carries its descriptor's path or socket.
        private static let filter = "trace=fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg"

        @Test(
            .timeLimit(.minutes(2)),
            .enabled("needs strace and leave to trace") { await Torture.allows(strace, "-o", "/dev/null", "/bin/true") }
        )
        func `PUBACK leaves after the fsync that holds the event`() async throws {
            try await Site.with(["SLUICE_HUB": ""]) { site in
                try await site.startAgent()
                // A first event makes what is made once: tables, directories.
                let warm = site.devices(1, limit: 1, prefix: "warm")
                try await site.publish(warm)
                let trace = "\(site.directory)/trace"
                let pid = try #require(site.agent?.pid)
                let tracer = try ChildProcess(
                    Self.strace,
                    ["-f", "-y", "-x", "-s", "64", "-p", "\(pid)", "-e", Self.filter, "-o", trace]
                )
                try await withChild(tracer) { tracer in
                    _ = try await tracer.line(containing: "attached", within: .seconds(20))
                    let socket = try RawSocket(port: site.mqttPort)
                    try socket.send(
                        [0x10, 0x10, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 4] + Array("slow".utf8)
                    )
                    #expect(try socket.receive(4, within: .seconds(20)) == [0x20, 2, 0, 0])
                    try socket.send([0x32, 10, 0, 3] + Array("a/b".utf8) + [0x12, 0x34] + Array("xyz".utf8))
                    #expect(try socket.receive(4, within: .seconds(20)) == [0x40, 2, 0x12, 0x34])
                    tracer.signal(SIGINT)
                    try await tracer.exit(within: .seconds(20))
                }
                try check(trace)
            }
        }

        private func check(_ trace: String) throws {
            var calls: [String] = []
            try LineReader.forEachLine(of: trace) { calls.append(String(decoding: $0, as: UTF8.self)) }
            let puback = try #require(calls.firstIndex { $0.contains(#"\x40\x02\x12\x34"#) }, "\(calls)")
            let walWrite = calls[..<puback].lastIndex { $0.contains("store.db-wal") && $0.contains("write") }
            let event = try #require(walWrite, "the event is not in the WAL before its PUBACK\n\(calls)")
            let sync = calls[event..<puback].firstIndex {
                $0.contains("store.db-wal") && ($0.contains("fdatasync(") || $0.contains("fsync("))
            }
            #expect(sync != nil, "no fsync between the WAL write and the PUBACK\n\(calls.joined(separator: "\n"))")
        }
    }
}
