// SPDX-License-Identifier: Apache-2.0

import Glibc
import Keys
package import Logging
import ServiceLifecycle
package import Storage
import Synchronization

/// Keeps a hub's own Merkle log over what lands, in landing order, and signs a checkpoint of it at most once a second.
///
/// Follows the hub's log as landings do, beside them: no acknowledgement waits for it, and nothing is kept from being dropped
/// for it. What it cannot note it says in the log and in ``trouble``, and tries again.
package final class Notary: Service {
    /// Bytes of events that one read of the log takes.
    private static let chunkBytes = 256 << 10
    /// Reads in one go: what is added is signed and synced in between, also where a large log is met for the first time.
    private static let readsInOneGo = 64
    /// How long to wait for more before it is signed, and after something failed.
    private static let pause = Duration.milliseconds(50)
    private static let retryDelay = Duration.seconds(1)

    private enum Progress {
        case caughtUp
        case moreWaits
        case failed
    }

    private struct State {
        var leaves: UInt64 = 0
        var trouble: String?
    }

    private let log: HubLog
    private let writer: NotaryWriter
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex(State())

    /// Opens `provenance.db` in the hub's state directory, or begins one; a damaged one is put aside, and another log begun.
    ///
    /// - Parameters:
    ///   - logID: random; names the log if one is begun.
    ///   - interval: between two checkpoints, at least.
    package init(
        directory: String,
        log: HubLog,
        logID: UInt64,
        interval: Duration = .seconds(1),
        logger: Logger
    ) throws {
        let path = directory + "/" + NotaryDatabase.fileName
        let signer = HubSigner(try NodeKeys(directory: directory), hub: log.hubID)
        writer = try Self.open(path, logID, signer, hub: log.hubID, logger)
        self.log = log
        self.logger = logger
        self.interval = interval
    }

    private static func open(
        _ path: String,
        _ logID: UInt64,
        _ signer: HubSigner,
        hub: UInt64,
        _ logger: Logger
    ) throws(NotaryFault) -> NotaryWriter {
        do throws(NotaryFault) {
            return try NotaryWriter(NotaryDatabase.open(path: path, logID: logID), signer: signer, hub: hub)
        } catch {
            // A disk that is full or out of reach says nothing of the file.
            guard case .damaged(_, let reason) = error else { throw error }
            logger.error("provenance cannot be read", metadata: ["path": "\(path)", "reason": "\(reason)"])
        }
        try putAside(path, logger)
        return try NotaryWriter(NotaryDatabase.open(path: path, logID: logID), signer: signer, hub: hub)
    }

    /// A proof made with what is put aside still holds; the log that is begun is another one.
    private static func putAside(_ path: String, _ logger: Logger) throws(NotaryFault) {
        let target = "\(path).damaged-\(time(nil))"
        // In the WAL may be the newest checkpoints.
        rename(path + "-wal", target + "-wal")
        unlink(path + "-shm")
        guard rename(path, target) == 0 else {
            throw .database(
                path: path,
                reason: "is damaged and cannot be put aside: \(String(cString: strerror(errno)))"
            )
        }
        logger.error(
            "provenance was damaged: another log is begun over what the hub still has",
            metadata: ["path": "\(path)", "put_aside": "\(target)"]
        )
    }

    /// Leaves under the newest checkpoint.
    package var leaves: UInt64 { state.withLock(\.leaves) }

    /// Why nothing is noted at present; nil while all is well.
    package var trouble: String? { state.withLock(\.trouble) }

    /// Notes and signs until graceful shutdown, and then what has landed until it, unless that is much.
    package func run() async throws {
        let signed = await writer.signed
        state.withLock { $0.leaves = signed }
        await cancelWhenGracefulShutdown {
            // One pending wake-up stands for any number of commits.
            let (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            self.log.onCommit { commit.yield() }
            defer { commit.finish() }
            commit.yield()
            var last = ContinuousClock.now - self.interval
            for await _ in commits {
                let progress = await self.follow()
                if progress == .failed { try? await Task.sleep(for: Self.retryDelay) }
                if progress != .caughtUp { commit.yield() }
                guard progress != .failed, await self.writer.isUnsigned else { continue }
                if ContinuousClock.now - last >= self.interval {
                    last = ContinuousClock.now
                    await self.sign()
                } else if progress == .caughtUp {
                    try? await Task.sleep(for: Self.pause)
                    commit.yield()
                }
            }
        }
        _ = await follow()
        await sign()
        await writer.close()
    }

    /// Adds what has landed, up to some of it.
    private func follow() async -> Progress {
        do {
            for _ in 0..<Self.readsInOneGo {
                let entries = try await log.read(after: await writer.position, maximumBytes: Self.chunkBytes)
                if entries.isEmpty { return .caughtUp }
                try await writer.append(entries)
            }
            return .moreWaits
        } catch StoreError.unavailable {
            return .caughtUp
        } catch {
            fail(error)
            return .failed
        }
    }

    private func sign() async {
        do {
            try await writer.sign(at: HubLogClock.system.now().wall, oldest: log.statistics().oldestPosition)
            let signed = await writer.signed
            state.withLock { $0 = State(leaves: signed) }
        } catch {
            fail(error)
        }
    }

    private func fail(_ error: any Error) {
        let isNew = state.withLock { state in
            defer { state.trouble = "\(error)" }
            return state.trouble == nil
        }
        if isNew { logger.error("provenance stands still: events land all the same", metadata: ["reason": "\(error)"]) }
    }
}
