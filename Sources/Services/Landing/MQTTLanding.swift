// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging
import ServiceLifecycle
package import Storage

/// Follows the hub's log by a durable cursor and hands every landed event to MQTT subscribers, at least once.
///
/// Awakened by the log's commits, never by a timer; holds one chunk of the log at a time.
package final class MQTTLanding: Service {
    /// Bytes of events that one read of the log takes.
    private static let chunkBytes = 256 << 10
    /// How long to wait after the log could not be read.
    private static let retryDelay = Duration.seconds(1)

    private let log: HubLog
    private let cursor: String
    private let logger: Logger
    private let deliver: @Sendable (EventBlock) async -> Void

    /// - Parameter deliver: hands events to the hub's broker; returns when there is room for more.
    package init(
        log: HubLog,
        cursor: String = "mqtt",
        logger: Logger,
        deliver: @escaping @Sendable (EventBlock) async -> Void
    ) {
        self.log = log
        self.cursor = cursor
        self.logger = logger
        self.deliver = deliver
    }

    /// Delivers until graceful shutdown; a new cursor begins at the oldest event.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            // One pending wake-up stands for any number of commits.
            let (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            self.log.onCommit { commit.yield() }
            defer { commit.finish() }
            commit.yield()
            var position = try await self.begin()
            for await _ in commits {
                position = await self.follow(from: position)
                if Task.isCancelled { return }
            }
        }
    }

    /// Where to go on; a cursor that is stored from the start keeps retention from dropping what was not delivered.
    private func begin() async throws(StoreError) -> Int64 {
        if let stored = try await log.cursor(cursor) {
            // Positions leap after a restore: only what was dropped is missed.
            let statistics = log.statistics()
            if stored < statistics.dropped.position {
                logger.warning(
                    "subscribers miss events that the log no longer has",
                    metadata: [
                        "cursor": "\(cursor)", "after": "\(stored)", "oldest_position": "\(statistics.oldestPosition)",
                    ]
                )
            }
            return stored
        }
        log.setCursor(cursor, 0)
        return 0
    }

    /// Delivers all that has landed and returns the position reached.
    private func follow(from start: Int64) async -> Int64 {
        var position = start
        var failing = false
        while !Task.isCancelled {
            let entries: [LogEntry]
            do throws(StoreError) {
                entries = try await log.read(after: position, maximumBytes: Self.chunkBytes)
            } catch {
                if case .unavailable = error { return position }
                if !failing {
                    logger.error(
                        "the hub's log cannot be read: subscribers wait",
                        metadata: ["position": "\(position)", "reason": "\(error)"]
                    )
                }
                failing = true
                try? await Task.sleep(for: Self.retryDelay)
                continue
            }
            failing = false
            if entries.isEmpty { return position }
            for entry in entries {
                await deliver(entry.isHistorical ? entry.block.markedHistorical() : entry.block)
                // A delivery that was cut short is repeated at the next start.
                if Task.isCancelled { return position }
                position = entry.position
                log.setCursor(cursor, position)
            }
        }
        return position
    }
}
