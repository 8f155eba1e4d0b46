// SPDX-License-Identifier: Apache-2.0

import Doctor
import Testing
import Uplink

/// What facts mean: each finding once, from facts that are given.
@Suite struct FindingsTests {
    /// A machine on which all is well.
    private static var facts: DoctorFacts {
        var facts = DoctorFacts(directory: .init(path: "/s"), clock: .init(year: 2026, isSynchronized: true))
        var disk = DoctorFacts.Disk()
        disk.fileSystem = "ext4"
        disk.mountPoint = "/"
        disk.options = ["rw", "relatime"]
        disk.freeBytes = 10 << 30
        disk.freeFiles = 100_000
        facts.disk = disk
        facts.sync = .init(write: 3, sync: 900)
        facts.survival = .survived(events: 600, kills: 3)
        facts.budget = 512 << 20
        facts.listenAddress = "127.0.0.1:1883"
        facts.listener = .free
        facts.hubs = [.init(name: "hub:7480", answer: .hub)]
        return facts
    }

    private func finding(_ check: String, _ change: (inout DoctorFacts) -> Void) -> Finding? {
        var facts = Self.facts
        change(&facts)
        return facts.findings.first { $0.check == check }
    }

    @Test func `where all is well every check is ok, and nothing is to be done`() {
        let findings = Self.facts.findings
        #expect(findings.map(\.level) == Array(repeating: .ok, count: findings.count))
        #expect(findings.allSatisfy { $0.advice == nil })
        let checks = [
            "configuration", "agent", "directory", "survival", "file-system", "sync", "room", "files", "clock",
            "listener", "hub",
        ]
        #expect(findings.map(\.check) == checks)
    }

    @Test(arguments: [(-1, Finding.Level.fail), (0, .warn), (29, .warn), (30, .ok), (365, .ok)])
    func `a certificate that ends soon is worth a look, one that has ended fails`(_ days: Int, _ level: Finding.Level) {
        let found = finding("certificate") { $0.certificate = .init(path: "/s/tls.pem", daysLeft: days) }
        #expect(found?.level == level)
        #expect((found?.advice == nil) == (level == .ok))
        #expect(found?.what.contains("/s/tls.pem") == true)
    }

    @Test func `a refused configuration fails in its own words, and no hub is asked for`() {
        let found = finding("configuration") { $0.refusal = "SLUICE_MTU=x: a number" }
        #expect(found?.level == .fail)
        #expect(found?.what == "SLUICE_MTU=x: a number")
        #expect(finding("hub") { $0.refusal = "no" } == nil)
    }

    @Test func `an agent that runs is ok, one that refuses fails, one that is silent is worth a look`() {
        #expect(finding("agent") { $0.agent = .running(state: "draining", table: "") }?.level == .ok)
        let refusing = finding("agent") { $0.agent = .running(state: "refusing", table: "the disk is full") }
        #expect(refusing?.level == .fail)
        #expect(refusing?.what.contains("the disk is full") == true)
        #expect(finding("agent") { $0.agent = .silent("no answer in time") }?.level == .warn)
    }

    @Test func `a directory that cannot be written in fails`() {
        #expect(finding("directory") { $0.directory.isWritable = false }?.level == .fail)
        #expect(finding("directory") { $0.directory.isDirectory = false }?.level == .fail)
        #expect(finding("directory") { $0.directory.isThere = false }?.level == .ok, "the agent makes it")
        let neither = finding("directory") { facts in
            facts.directory.isThere = false
            facts.directory.isWritable = false
        }
        #expect(neither?.level == .fail)
        #expect(finding("directory") { $0.directory.isOpenToOthers = true }?.level == .warn)
    }

    @Test func `a lost event fails, and so does a store that could not be tried`() {
        #expect(finding("survival") { $0.survival = .lost("3 of 90") }?.level == .fail)
        #expect(finding("survival") { $0.survival = .untried("no room") }?.level == .fail)
    }

    @Test(arguments: ["tmpfs", "ramfs", "overlay", "nfs4", "cifs", "9p", "fuse.sshfs"])
    func `what does not keep events, or not here, is warned of`(fileSystem: String) {
        let found = finding("file-system") { $0.disk?.fileSystem = fileSystem }
        #expect(found?.level == .warn)
        #expect(found?.advice != nil)
    }

    @Test(arguments: ["nobarrier", "barrier=0"])
    func `mount options that hold syncs back are warned of`(option: String) {
        let found = finding("file-system") { $0.disk?.options.insert(option) }
        #expect(found?.level == .warn)
        #expect(found?.what.contains(option) == true)
    }

    @Test func `a read-only mount fails`() {
        #expect(finding("file-system") { $0.disk?.options = ["ro"] }?.level == .fail)
    }

    @Test func `a sync as fast as a write is warned of, but for memory`() {
        #expect(finding("sync") { $0.sync = .init(write: 3, sync: 4) }?.level == .warn)
        #expect(finding("sync") { $0.sync = .init(write: 3, sync: 30) }?.level == .ok)
        let memory = finding("sync") { facts in
            facts.sync = .init(write: 3, sync: 4)
            facts.disk?.fileSystem = "tmpfs"
        }
        #expect(memory?.level == .ok, "the file system's own finding says it")
        #expect(finding("sync") { $0.disk?.writeCache = "write back" }?.what.contains("write back") == true)
    }

    @Test func `less room than the buffer may still take is warned of, none at all fails`() {
        let tight = finding("room") { facts in
            facts.disk?.freeBytes = 400 << 20
            facts.used = 100 << 20
        }
        #expect(tight?.level == .warn)
        #expect(tight?.advice == "free 12MiB, or lower SLUICE_BUFFER_MAX to 437MiB")
        let enough = finding("room") { facts in
            facts.disk?.freeBytes = 400 << 20
            facts.used = 112 << 20
        }
        #expect(enough?.level == .ok, "what the store has already is not needed again")
        #expect(finding("room") { $0.disk?.freeBytes = 1 << 20 }?.level == .fail)
    }

    @Test func `a table of files that is nearly full is told of, one that is not counted is not`() {
        #expect(finding("files") { $0.disk?.freeFiles = 30 }?.level == .warn)
        #expect(finding("files") { $0.disk?.freeFiles = 0 }?.level == .fail)
        #expect(finding("files") { $0.disk?.freeFiles = nil } == nil)
    }

    @Test(arguments: [1970, 2024, 2106])
    func `a year that cannot be is warned of`(year: Int) {
        #expect(finding("clock") { $0.clock.year = year }?.level == .warn)
    }

    @Test func `a clock that nobody keeps is warned of`() {
        #expect(finding("clock") { $0.clock.isSynchronized = false }?.level == .warn)
    }

    @Test func `a port is taken by the agent that runs, or by a stranger`() {
        #expect(finding("listener") { $0.listener = .taken }?.level == .fail)
        let own = finding("listener") { facts in
            facts.listener = .taken
            facts.agent = .running(state: "current", table: "")
        }
        #expect(own?.level == .ok)
        #expect(finding("listener") { $0.agent = .running(state: "current", table: "") }?.level == .warn)
        #expect(finding("listener") { $0.listener = .unusable("not ours") }?.level == .fail)
        #expect(finding("listener") { $0.listener = nil } == nil)
    }

    @Test func `no hub is no failure`() {
        #expect(finding("hub") { $0.hubs = [] }?.level == .ok)
    }

    @Test(arguments: [
        (HubProbe.Answer.unresolved("no such host"), Finding.Level.warn), (.unreachable("no answer"), .warn),
        (.proxy("refused"), .warn), (.insecure("TLS failed"), .fail), (.stranger("HTTP 404"), .fail),
    ])
    func `a hub that is away is warned of, a wrong one fails`(answer: HubProbe.Answer, level: Finding.Level) {
        #expect(finding("hub") { $0.hubs = [.init(name: "h:1", answer: answer)] }?.level == level)
    }

    @Test func `a report is as bad as its worst finding, which also decides how the program ends`() {
        let ok = Finding(.ok, "a", "fine")
        let warn = Finding(.warn, "b", "so-so", advice: "see to it")
        let fail = Finding(.fail, "c", "no \"good\"", advice: "act")
        #expect(DoctorReport([ok, warn]).exitCode == 0)
        #expect(DoctorReport([fail, ok]).exitCode == 1)
        #expect(
            DoctorReport([ok, warn, fail]).text == """
                ok    fine
                warn  so-so  - see to it
                FAIL  no "good"  - act
                """
        )
        #expect(
            DoctorReport([warn, fail]).json == """
                {"result":"fail","findings":[{"check":"b","level":"warn","what":"so-so","advice":"see to it"},\
                {"check":"c","level":"fail","what":"no \\"good\\"","advice":"act"}]}
                """
        )
    }
}
