// SPDX-License-Identifier: Apache-2.0

package import Configuration
import Glibc
package import Logging
package import ServiceLifecycle
package import Settings
import UnixSignals

/// What both programs do before and around their services.
package enum Launch {
    /// Writes to a closed pipe or socket become errors, not the end of the process.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// A logger on standard error at the level that the environment asks for.
    package static func logger(label: String, _ config: ConfigReader) throws(SettingFault) -> Logger {
        let level = Logger.Level(rawValue: try config.value(Settings.logLevel)) ?? .info
        let output = LogOutput.standardError(environment: ProcessEnvironment.variables)
        return Logger(label: label) { LineLogHandler(label: $0, output: output, level: level) }
    }

    /// Runs services until SIGTERM or SIGINT, then stops them gracefully, last first; a second signal exits at once.
    ///
    /// - Parameters:
    ///   - stopTimeout: services that have not stopped a second after it are cancelled.
    ///   - reload: what SIGHUP stands for; a second one waits for the first.
    package static func run(
        _ services: [any Service],
        stopTimeout: Duration,
        logger: Logger,
        reload: @escaping @Sendable () async -> Void
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { service in
                .init(
                    service: service,
                    successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup
                )
            },
            logger: quiet(logger)
        )
        // Services bound themselves by the same time; this only ends what does not keep to it.
        configuration.maximumGracefulShutdownDuration = stopTimeout + .seconds(1)
        let group = ServiceGroup(configuration: configuration)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                var stopping = false
                for await signal in signals {
                    if signal == .sighup {
                        if !stopping { await reload() }
                        continue
                    }
                    // Everything acknowledged is on disk already: leaving at once loses nothing.
                    if stopping { _exit(128 + signal.rawValue) }
                    stopping = true
                    logger.info("stopping", metadata: ["signal": "\(signal)"])
                    await group.triggerGracefulShutdown()
                }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// The group's own lines are of interest to developers only.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}
