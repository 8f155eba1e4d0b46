// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

@Suite struct StoppedStoreTests {
    private let directory = StateDirectory()

    /// What a file is, and when it was last touched.
    private struct FileState: Equatable {
        var name: String
        var bytes: [UInt8]
        var marks: FileMarks
    }

    private static func files(of directory: StateDirectory) -> [FileState] {
        directory.names.map { name in
            let path = directory.path + "/" + name
            return FileState(name: name, bytes: StateDirectory.read(path), marks: FileMarks([path]))
        }
    }

    /// A store in which two classes wait, one of them in part, and an epoch of before; open.
    private func filled() async throws -> AgentStore {
        let before = try AgentStore.open(directory)
        try await before.append(["old"])
        await before.close()
        let store = try AgentStore.open(directory)
        for start in stride(from: 0, to: 100, by: 10) {
            try await store.append((start..<start + 10).map { "payload-\($0)" })
        }
        try await store.append(["alarm"], eventClass: .alarm)
        store.acknowledge(store.lane(), SequenceSet(cumulative: 40), hub: 1)
        store.giveUp(Gap(lane: store.lane(), first: 41, last: 43, reason: .rejected))
        #expect(await store.settles { $0.gaps.count == 1 })
        return store
    }

    private func expectSame(_ found: StoppedStore?, _ store: AgentStore, sourceLocation: SourceLocation) throws {
        let found = try #require(found, sourceLocation: sourceLocation)
        let figures = store.statistics()
        #expect(found.node == "node", sourceLocation: sourceLocation)
        #expect(found.epoch == store.epoch, sourceLocation: sourceLocation)
        #expect(found.statistics.backlogEvents == 59, sourceLocation: sourceLocation)
        #expect(found.statistics.backlogEvents == figures.backlogEvents, sourceLocation: sourceLocation)
        #expect(found.statistics.gaps == figures.gaps, sourceLocation: sourceLocation)
        #expect(found.statistics.oldestTimestamp == 1000, sourceLocation: sourceLocation)
        let difference = Int64(found.statistics.backlogBytes) - Int64(figures.backlogBytes)
        // Bytes of a segment's head are estimated where it was not sealed.
        #expect(difference.magnitude <= figures.backlogBytes / 10, sourceLocation: sourceLocation)
    }

    @Test func `a store that was closed says what it said before`() async throws {
        let store = try await filled()
        await store.close()
        let before = Self.files(of: directory)
        try expectSame(StoppedStore.read(directory: directory.path), store, sourceLocation: #_sourceLocation)
        #expect(Self.files(of: directory) == before)
        #expect(!directory.names.contains("store.db-wal"), "a clean end leaves no WAL")
    }

    @Test(arguments: [[], ["-shm"]])
    func `what only the WAL holds is read, with and without its index`(gone: [String]) async throws {
        let store = try await filled()
        let crashed = directory.copy()
        for suffix in gone { unlink(crashed.path + "/store.db" + suffix) }
        let before = Self.files(of: crashed)
        #expect(before.contains { $0.name == "store.db-wal" && !$0.bytes.isEmpty })
        try expectSame(StoppedStore.read(directory: crashed.path), store, sourceLocation: #_sourceLocation)
        #expect(Self.files(of: crashed) == before)
        await store.close()
    }

    @Test func `a name that means something in a URI is a name`() async throws {
        let odd = directory.path + "/50%?a=b#c"
        let store = try AgentStore.open(directory) { $0.directory = odd }
        try await store.append(["event"])
        await store.close()
        #expect(try StoppedStore.read(directory: odd)?.statistics.backlogEvents == 1)
        #expect(StateDirectory.names(odd) == ["ceiling", "lock", "store.db"])
    }

    @Test func `what the next opening will find lost is told already`() async throws {
        let store = try await filled()
        let crashed = directory.copy()
        // All that a checkpoint had not copied yet.
        unlink(crashed.path + "/store.db-wal")
        unlink(crashed.path + "/store.db-shm")
        let found = try #require(try StoppedStore.read(directory: crashed.path)).statistics
        let next = try AgentStore.open(crashed)
        #expect(found.gaps == next.statistics().gaps)
        #expect(found.gaps.contains { $0.reason == .unreadable })
        #expect(found.backlogEvents == next.statistics().backlogEvents)
        await next.close()
        await store.close()
    }

    @Test func `a store of the format before is read as it is`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append(["event"])
        await store.close()
        try execute("DROP TABLE primers; DROP TABLE clocks; DROP TABLE running; PRAGMA user_version = 1")
        #expect(try StoppedStore.read(directory: directory.path)?.statistics.backlogEvents == 1)
    }

    @Test func `there is none`() throws {
        #expect(try message().contains("there is no store"))
        #expect(directory.names == [])
    }

    @Test(arguments: ["", "no database", String(repeating: "no database", count: 20)])
    func `no database at all`(contents: String) throws {
        StateDirectory.write(directory.path + "/store.db", Array(contents.utf8))
        #expect(try message().contains("it is damaged, or not an agent's store"))
        #expect(directory.names == ["store.db"])
        #expect(StateDirectory.read(directory.path + "/store.db") == Array(contents.utf8))
    }

    @Test func `somebody else's database`() throws {
        try execute("PRAGMA journal_mode = WAL; CREATE TABLE mine (a)")
        #expect(try message().contains("not an agent's store (no such table: meta)"))
    }

    @Test func `a damaged page`() async throws {
        await (try filled()).close()
        let path = directory.path + "/store.db"
        var bytes = StateDirectory.read(path)
        for index in 100..<4096 { bytes[index] = 0xAA }
        StateDirectory.write(path, bytes)
        #expect(try message().contains("it is damaged"))
        #expect(StateDirectory.read(path) == bytes)
    }

    @Test func `a store of a newer program`() async throws {
        await (try AgentStore.open(directory)).close()
        try execute("PRAGMA user_version = 99")
        #expect(try message().contains("has format 99"))
    }

    @Test func `whatever an agent does shows in the marks`() async throws {
        let files = ["/store.db", "/store.db-wal", "/ceiling"].map { directory.path + $0 }
        var seen = [FileMarks(files)]
        func changed() -> Bool {
            seen.append(FileMarks(files))
            return seen[seen.count - 1] != seen[seen.count - 2]
        }
        let store = try AgentStore.open(directory)
        #expect(changed(), "an opening")
        try await store.append(["event"])
        #expect(changed(), "a commit")
        await store.close()
        #expect(changed(), "an end")
        #expect(!changed())
    }

    private func message() throws -> String {
        do {
            _ = try StoppedStore.read(directory: directory.path)
            Issue.record("it was read")
            return ""
        } catch {
            return error.description
        }
    }

    private func execute(_ sql: String) throws {
        try SQLiteConnection(path: directory.path + "/store.db").execute(sql)
    }
}
