// SPDX-License-Identifier: Apache-2.0

import Logging
import Storage
import Synchronization
import TestSupport
import Testing

/// The power goes at each change of a store's very first start.
@Suite(.timeLimit(.minutes(5))) struct FirstStartTests {
    /// Keeps what a start complains of.
    private struct Complaints: LogHandler {
        let lines = Lines()
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.state.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") } }
    }

    private final class Lines: Sendable {
        let state = Mutex<[String]>([])
    }

    private func open(_ disk: PowerDisk, _ logger: Logger) throws -> AgentStore {
        var configuration = StoreConfiguration(directory: disk.directory)
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try AgentStore.open(configuration, randomID: AgentStore.freshID, logger: logger)
    }

    @Test func `the next start finds no damage where nothing was`() async throws {
        let whole = PowerDisk(seed: 1)
        let store = try open(whole, AgentStore.quiet)
        let count = whole.changes
        await store.close()
        whole.remove()
        for cut in 1...count {
            for seed in UInt64(1)...8 {
                let disk = PowerDisk(seed: seed << 32 | UInt64(cut))
                disk.cut(at: cut)
                await (try? open(disk, AgentStore.quiet))?.close()
                disk.restart()
                let complaints = Complaints()
                try await open(disk, Logger(label: "test") { _ in complaints }).close()
                #expect(complaints.lines.state.withLock { $0 } == [], "cut \(cut), seed \(seed)")
                disk.remove()
            }
        }
    }
}
