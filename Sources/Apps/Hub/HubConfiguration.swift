// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Enrolment
package import Reception
package import Storage

/// All that a hub is told.
package struct HubConfiguration: Sendable {
    package var log: HubLogConfiguration
    package var reception = ReceptionConfiguration()
    package var broker = BrokerConfiguration()
    /// The file of private sealing keys; nil for that in the state directory.
    package var sealKeyFile: String?
    /// Whether agents that do not seal are turned away.
    package var requiresSealing = false
    /// Where nodes get certificates; nil where they get none here.
    package var door: EnrolmentDoor.Configuration?
    /// How long a stop may take.
    package var stopTimeout: Duration = .seconds(5)
    /// Whether what lands is signed.
    package var signs = true

    package init(log: HubLogConfiguration) {
        self.log = log
        // Subscribers read what landed; what they would publish has no node, no sequence and no store.
        broker.allowsPublish = false
        broker.port = 1884
        broker.listenVariable = "SLUICE_HUB_MQTT_LISTEN"
    }
}
