// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Logging
import NIOPosix
import Startup

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Runs the agent: takes events, keeps them, sends them to the hub.",
        discussion: """
            Devices publish to SLUICE_MQTT_LISTEN (127.0.0.1:1883); a PUBACK says that the event is on disk. Without \
            SLUICE_HUB, or while the hub is away, events are kept in SLUICE_STATE_DIR up to SLUICE_BUFFER_MAX.

            SIGTERM or SIGINT stops it: what was read is committed and acknowledged, what fits in SLUICE_STOP_TIMEOUT \
            is sent. A second one exits at once. Neither loses what was acknowledged.

            SIGHUP reads the files of SLUICE_MQTT_PASSWORD_FILE, SLUICE_MQTT_ACL_FILE, SLUICE_SEAL_TO_FILE and the \
            certificates again. Nobody is disconnected; a file that cannot be used is complained of, and what held before goes on to hold.

            A damaged store never keeps it from starting: what can be read is saved, the rest is reported as a gap; \
            `sluice store check` tells beforehand. Damage that is met later makes it start anew by itself.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let configuration = try AgentConfiguration(config)
            let logger = try Launch.logger(label: "agent", config)
            // One loop: everything that waits for sockets shares it; disk work has threads of its own.
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            try await Launch.salvaging(logger: logger) {
                let agent = try await Agent.start(configuration, group: group, logger: logger)
                try await Launch.run(
                    agent.services,
                    stopTimeout: configuration.stopTimeout,
                    logger: logger,
                    reload: { agent.reload() }
                )
            }
            logger.info("stopped")
        }
    }
}
