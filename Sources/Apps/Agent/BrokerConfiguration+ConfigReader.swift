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
        try setLimits(config)
    }

    private mutating func setLimits(_ config: ConfigReader) throws(SettingFault) {
        maximumConnections = try config.value(Settings.mqttConnectionsMaximum)
        maximumQueuedMessages = try config.value(Settings.mqttQueueMaximum)
        maximumQueuedBytes = Int(try config.value(Settings.mqttQueueBytesMaximum).bytes)
        maximumRetainedBytes = Int(try config.value(Settings.mqttRetainedMaximum).bytes)
        if let expiry = try config.valueIfSet(Settings.mqttSessionExpiryMaximum) {
            maximumSessionExpiry = UInt32(clamping: expiry.components.seconds)
        }
        maximumKeepAlive = UInt16(clamping: try config.value(Settings.mqttKeepAliveMaximum).components.seconds)
        sysInterval = try config.value(Settings.mqttSysInterval)
    }
}
