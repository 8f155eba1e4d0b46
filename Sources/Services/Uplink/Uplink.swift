// SPDX-License-Identifier: Apache-2.0

package import Logging
package import NIOCore
import ServiceLifecycle
package import Storage

/// Drives the link to the hub: connects, sends what the store holds in lane order, acknowledges, resumes, paces.
package final class Uplink: Service {
    package init(
        _ configuration: UplinkConfiguration, store: AgentStore, eventLoop: any EventLoop, logger: Logger
    ) {
        fatalError()
    }

    /// Runs until graceful shutdown; then sends what fits in the time that `stop(within:)` of the caller allows.
    package func run() async throws {
        fatalError()
    }

    package func statistics() -> UplinkStatistics {
        fatalError()
    }
}
