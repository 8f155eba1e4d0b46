// SPDX-License-Identifier: Apache-2.0

import Broker
package import Configuration
package import Settings
import Startup
import Storage

extension AgentConfiguration {
    /// Reads and checks all of the agent's variables (`Settings.variables`); the first fault is thrown.
    package init(_ config: ConfigReader) throws(SettingFault) {
        self.init(store: try StoreConfiguration(config))
        broker = try .init(config)
        source = try SourceConfiguration.read(config)
        uplink = try .init(config)
        sealToFile = try config.valueIfSet(Settings.sealToFile)
        sealPeriod = try config.value(Settings.sealPeriod)
        forward = try config.value(Settings.forward)
        stopTimeout = try config.value(Settings.stopTimeout)
        try Settings.checkAgent(
            hubs: try config.valueIfSet(Settings.hub) ?? [],
            link: HubLinkFiles(
                certificate: try config.valueIfSet(Settings.hubCertificateFile),
                key: try config.valueIfSet(Settings.hubKeyFile),
                authorities: try config.valueIfSet(Settings.hubCAFile),
                pins: try config.valueIfSet(Settings.hubPin)
            ),
            proxy: try config.valueIfSet(Settings.proxy),
            eventMaximum: try config.value(Settings.eventMaximum),
            bufferMaximum: try config.value(Settings.bufferMaximum),
            insecure: try config.value(Settings.insecure)
        )
    }
}
