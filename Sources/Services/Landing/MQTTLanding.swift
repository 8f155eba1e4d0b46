// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging
import ServiceLifecycle
package import Storage

/// Follows the hub's log by a durable cursor and hands every landed event to MQTT subscribers, at least once.
package final class MQTTLanding: Service {
    /// - Parameter deliver: hands events to the hub's broker; returns when there is room for more.
    package init(
        log: HubLog, cursor: String = "mqtt", logger: Logger,
        deliver: @escaping @Sendable (EventBlock) async -> Void
    ) {
        fatalError()
    }

    package func run() async throws {
        fatalError()
    }
}
