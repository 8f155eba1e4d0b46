// SPDX-License-Identifier: Apache-2.0

import Broker
import Configuration
import Settings
import Startup

extension BrokerConfiguration {
    /// Reads `SLUICE_MQTT_LISTEN` and `SLUICE_EVENT_MAX`.
    init(_ config: ConfigReader) throws(SettingFault) {
        self.init()
        let listen = try config.value(Settings.mqttListen)
        host = listen.host
        port = listen.port
        maximumEventBytes = Int(try config.value(Settings.eventMaximum).bytes)
    }
}
