// SPDX-License-Identifier: Apache-2.0

package import Logging
package import NIOCore
import ServiceLifecycle
package import Storage

/// The hub's end of the links: takes agents' frames, puts parts together, decodes, lands, acknowledges.
package final class Reception: Service {
    package init(
        _ configuration: ReceptionConfiguration, log: HubLog, group: any EventLoopGroup, logger: Logger
    ) {
        fatalError()
    }

    /// Binds; throws an error that names the address and what to do.
    ///
    /// - Returns: the bound port.
    package func start() async throws -> Int {
        fatalError()
    }

    /// Serves until graceful shutdown: stops accepting, lands and acknowledges what was read, closes.
    package func run() async throws {
        fatalError()
    }

    package func statistics() -> ReceptionStatistics {
        fatalError()
    }
}
