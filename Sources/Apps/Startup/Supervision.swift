// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
import ServiceLifecycle

/// Tells the service manager that the program is ready, how it does, that it is alive, and that it stops.
///
/// Nothing runs where no manager asked for it. That it is alive is said only when `proof` has come back, which goes
/// through the threads that matter: a bare timer would go on while the writer hangs.
package struct Supervision: Service {
    /// Time between two looks, where the watchdog does not ask for more.
    private static let longestInterval: Duration = .seconds(10)

    private let socket: ManagerSocket
    private let interval: Duration
    private let hasWatchdog: Bool
    private let stopTimeout: Duration
    private let logger: Logger
    private let status: @Sendable () -> String
    private let proof: @Sendable () async -> Void

    /// Nil where the environment names no manager.
    ///
    /// - Parameter stopTimeout: how long the program takes to stop, which may be longer than the manager's patience.
    package init?(
        environment: [String: String] = ProcessEnvironment.variables,
        stopTimeout: Duration,
        logger: Logger,
        status: @escaping @Sendable () -> String,
        proof: @escaping @Sendable () async -> Void
    ) {
        do throws(ManagerSocket.Failure) {
            guard let socket = try ManagerSocket(environment: environment) else { return nil }
            self.socket = socket
        } catch {
            logger.warning("\(error)")
            return nil
        }
        let watchdog = Self.watchdog(environment, process: getpid())
        // Half of its time, as sd_watchdog_enabled(3) recommends.
        interval = min(Self.longestInterval, watchdog.map { $0 / 2 } ?? Self.longestInterval)
        hasWatchdog = watchdog != nil
        self.stopTimeout = stopTimeout
        self.logger = logger
        self.status = status
        self.proof = proof
    }

    /// The time within which the manager wants to hear that `process` is alive; nil where it does not.
    package static func watchdog(_ environment: [String: String], process: Int32) -> Duration? {
        guard let time = environment["WATCHDOG_USEC"].flatMap(Int64.init), time > 0 else { return nil }
        // A parent's watchdog is not meant for whoever it started (sd_watchdog_enabled(3)).
        if let owner = environment["WATCHDOG_PID"], owner != String(process) { return nil }
        return .microseconds(time)
    }

    package func run() async throws {
        let first = status()
        tell([.ready, .status(first)])
        try? await cancelWhenGracefulShutdown {
            var said = first
            while true {
                try await Task.sleep(for: interval)
                await proof()
                let now = status()
                let notices = (hasWatchdog ? [.alive] : []) + (now == said ? [] : [ManagerNotice.status(now)])
                if !notices.isEmpty { tell(notices) }
                said = now
            }
        }
        // A second for what ends what does not keep to its time (`Launch.run`), and some for the closing of files.
        tell([.stopping, .status("stopping: what was read is committed"), .moreTime(stopTimeout + .seconds(10))])
    }

    private func tell(_ notices: [ManagerNotice]) {
        do throws(ManagerSocket.Failure) {
            try socket.send(notices)
        } catch {
            logger.warning("\(error)")
        }
    }
}
