// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Events
import Settings
package import Storage
package import Uplink

/// All that an agent is told.
package struct AgentConfiguration: Sendable {
    package var store: StoreConfiguration
    package var broker = BrokerConfiguration()
    /// A broker that events are taken from, beside or in place of the own one.
    package var source: SourceConfiguration?
    package var uplink = UplinkConfiguration()
    /// The file of hubs' sealing keys; nil seals nothing.
    package var sealToFile: String?
    /// How long one content key seals.
    package var sealPeriod: Duration = .seconds(3_600)
    /// Where hubs renew certificates: a port of the first hub's machine.
    package var enrolmentPort = DoorAddress.defaultPort
    /// Which topics go upstream, and as what.
    package var forward = ForwardRules.all
    /// What stamps events: milliseconds since 1970.
    package var now: @Sendable () -> Int64 = WallClock.milliseconds
    package var stopTimeout: Duration = .seconds(5)

    package init(store: StoreConfiguration) {
        self.store = store
    }
}
