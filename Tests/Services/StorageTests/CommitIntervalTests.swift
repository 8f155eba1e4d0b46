// SPDX-License-Identifier: Apache-2.0

import Events
import Synchronization
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct CommitIntervalTests {
    let directory = StateDirectory(inMemory: true)

    /// Takes answers in the order in which they come.
    private final class Answers: Sendable {
        private let all = Mutex<[String]>([])

        func take(_ name: String) -> @Sendable (Result<Void, StoreError>) -> Void {
            { [self] result in
                all.withLock { $0.append((try? result.get()) == nil ? "\(name) refused" : name) }
            }
        }

        var names: [String] { all.withLock(\.self) }

        func count(_ wanted: Int) async -> Bool {
            for _ in 0..<2_000 {
                if names.count >= wanted { return true }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return false
        }
    }

    private func open(_ interval: Duration) throws -> AgentStore {
        try AgentStore.open(directory) { $0.commitInterval = interval }
    }

    @Test func `what comes within the interval is one commit`() async throws {
        let store = try open(.milliseconds(400))
        try await store.append(["first"])
        let commits = store.statistics().commits
        let answers = Answers()
        let start = ContinuousClock.now
        for number in 1...20 { store.append(EventBlock(["\(number)"]), completion: answers.take("\(number)")) }
        #expect(await answers.count(20))
        #expect(ContinuousClock.now - start >= .milliseconds(300), "they waited")
        #expect(answers.names == (1...20).map { "\($0)" })
        #expect(store.statistics().commits == commits + 1)
        await store.close()
    }

    @Test func `an alarm does not wait, and takes with it what does`() async throws {
        let store = try open(.seconds(3_600))
        let answers = Answers()
        for number in 1...3 { store.append(EventBlock(["\(number)"]), completion: answers.take("\(number)")) }
        store.append(EventBlock(["!"], eventClass: .alarm), completion: answers.take("alarm"))
        #expect(await answers.count(4))
        #expect(answers.names == ["1", "2", "3", "alarm"])
        await store.close()
    }

    @Test func `much does not wait for more`() async throws {
        let store = try open(.seconds(3_600))
        let answers = Answers()
        let text = String(repeating: "x", count: 100_000)
        for number in 1...3 { store.append(EventBlock([text]), completion: answers.take("\(number)")) }
        #expect(await answers.count(3))
        await store.close()
    }

    @Test func `what waits when the store is closed is committed`() async throws {
        let store = try open(.seconds(3_600))
        let answers = Answers()
        store.append(EventBlock(["last"]), completion: answers.take("last"))
        #expect(answers.names.isEmpty)
        await store.close()
        #expect(answers.names == ["last"])
        let again = try open(.zero)
        #expect(await again.contents(store.lane()) == ["last"])
        await again.close()
    }

    @Test func `what the kernel says of writes is read`() {
        let text = "rchar: 1\nwchar: 2\nread_bytes: 3\nwrite_bytes: 4096\ncancelled_write_bytes: 5\n"
        #expect(DeviceWrites.parse(Array(text.utf8)) == 4_096)
        #expect(DeviceWrites.parse(Array("rchar: 1\n".utf8)) == nil)
    }
}
