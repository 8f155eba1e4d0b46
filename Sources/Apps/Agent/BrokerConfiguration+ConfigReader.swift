// SPDX-License-Identifier: Apache-2.0

import Broker
import Configuration
import Settings
import Startup

extension BrokerConfiguration {
    /// Reads `SLUICE_MQTT_LISTEN`, `SLUICE_EVENT_MAX`, `SLUICE_INSECURE` and `SLUICE_STOP_TIMEOUT`.
    init(_ config: ConfigReader) throws(SettingFault) {
        self.init()
        let listen = try config.value(Settings.mqttListen)
        host = listen.host
        port = listen.port
        maximumEventBytes = Int(try config.value(Settings.eventMaximum).bytes)
        insecure = try config.value(Settings.insecure)
        stopTimeout = try config.value(Settings.stopTimeout)
    }
}
