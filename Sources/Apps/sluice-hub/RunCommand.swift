// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Logging
import NIOCore
import NIOPosix
import Startup

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the hub: lands what agents send, acknowledges it, hands it on.",
        discussion: """
            Agents connect to SLUICE_HUB_LISTEN (127.0.0.1:7480). What they send is in the log in \
            SLUICE_HUB_STATE_DIR, synced, before it is acknowledged. Subscribers of SLUICE_HUB_MQTT_LISTEN \
            (127.0.0.1:1884) get what landed, with its own topic and payload. SLUICE_HUB_KEEP says how much of the log \
            stays (all; 30d,20GiB).

            It starts whatever is in its files: a damaged log is put aside as hub.db.damaged-N, what is intact in it is \
            taken over, and the rest is asked for again or listed by `sluice-hub gaps`. Damage that is met later makes it \
            start anew by itself.

            SIGTERM or SIGINT stops it: what was read is landed and acknowledged, within SLUICE_STOP_TIMEOUT. A second \
            one exits at once. Neither loses what was acknowledged. SIGHUP reads the files of SLUICE_MQTT_PASSWORD_FILE, \
            SLUICE_MQTT_ACL_FILE, the certificates and the sealing keys again.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let configuration = try HubConfiguration(config)
            let logger = try Launch.logger(label: "hub", config)
            // As many loops as cores: batches are decoded where they are read.
            let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
            try await Launch.salvaging(logger: logger) {
                let hub = try await Hub.start(configuration, group: group, logger: logger)
                try await Launch.run(
                    hub.services,
                    stopTimeout: configuration.stopTimeout,
                    logger: logger,
                    reload: { hub.reload() }
                )
            }
            logger.info("stopped")
        }
    }
}
