// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging
package import NIOCore
import ServiceLifecycle

/// The MQTT listener: devices publish to it, local clients subscribe.
package final class MQTTBroker: Service {
    package init(
        _ configuration: BrokerConfiguration, group: any EventLoopGroup, logger: Logger, ingest: @escaping Ingest
    ) {
        fatalError()
    }

    /// Binds; throws an error that names the address and what to do when it is in use or not allowed.
    ///
    /// - Returns: the bound port.
    package func start() async throws -> Int {
        fatalError()
    }

    /// Serves until graceful shutdown: stops accepting, answers what was read, closes.
    package func run() async throws {
        fatalError()
    }

    /// Delivers events to subscribers: what a hub landed. Returns when the subscribers' queues have room again.
    package func deliver(_ block: EventBlock) async {
        fatalError()
    }

    package func statistics() -> BrokerStatistics {
        fatalError()
    }
}
