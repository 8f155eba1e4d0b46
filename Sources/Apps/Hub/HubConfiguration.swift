// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Reception
package import Storage

/// All that a hub is told.
package struct HubConfiguration: Sendable {
    package var log: HubLogConfiguration
    package var reception = ReceptionConfiguration()
    package var broker = BrokerConfiguration()

    package init(log: HubLogConfiguration) {
        self.log = log
    }
}
