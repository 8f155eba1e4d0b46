// SPDX-License-Identifier: Apache-2.0

import Broker
import Configuration
import Keys
import Settings
import Startup

extension BrokerConfiguration {
    /// Reads `SLUICE_EVENT_MAX`, `SLUICE_STOP_TIMEOUT` and all that begin with `SLUICE_MQTT_`.
    init(_ config: ConfigReader) throws(SettingFault) {
        self.init()
        maximumEventBytes = Int(try config.value(Settings.eventMaximum).bytes)
        stopTimeout = try config.value(Settings.stopTimeout)
        try setLimits(config)
        access.passwordFile = try config.valueIfSet(Settings.mqttPasswordFile)
        access.listFile = try config.valueIfSet(Settings.mqttAccessFile)
        access.allowsAnonymous = try config.value(Settings.mqttAnonymous)
        webOrigins = try config.valueIfSet(Settings.mqttWebOrigins) ?? []
        try setListeners(config)
    }

    private mutating func setLimits(_ config: ConfigReader) throws(SettingFault) {
        maximumConnections = try config.value(Settings.mqttConnectionsMaximum)
        maximumConnectRate = try config.value(Settings.mqttConnectRate)
        maximumQueuedMessages = try config.value(Settings.mqttQueueMaximum)
        maximumQueuedBytes = Int(try config.value(Settings.mqttQueueBytesMaximum).bytes)
        maximumRetainedBytes = Int(try config.value(Settings.mqttRetainedMaximum).bytes)
        if let expiry = try config.valueIfSet(Settings.mqttSessionExpiryMaximum) {
            maximumSessionExpiry = UInt32(clamping: expiry.components.seconds)
        }
        maximumKeepAlive = UInt16(clamping: try config.value(Settings.mqttKeepAliveMaximum).components.seconds)
        sysInterval = try config.value(Settings.mqttSysInterval)
    }

    private mutating func setListeners(_ config: ConfigReader) throws(SettingFault) {
        let plain = try config.value(Settings.mqttListen)
        host = plain.host
        port = plain.port
        // Whoever has a broker already does not want another unless it is asked for: its port is taken, too.
        let hasSource = try config.valueIfSet(Settings.source) != nil
        let isAsked =
            if case .environment? = config.text(of: Settings.mqttListen.variable)?.source { true } else { false }
        listensPlain = !hasSource || isAsked
        var doors = MQTTDoors(listensPlain ? [.init(Settings.mqttListen, plain)] : [])
        let others: [(Setting<ListenAddress>, usesTLS: Bool, usesWebSocket: Bool)] = [
            (Settings.mqttTLSListen, true, false), (Settings.mqttWSListen, false, true),
            (Settings.mqttWSSListen, true, true),
        ]
        for (setting, usesTLS, usesWebSocket) in others {
            guard let listen = try config.valueIfSet(setting) else { continue }
            doors.doors.append(.init(setting, listen, usesTLS: usesTLS))
            listeners.append(
                ListenerConfiguration(
                    .address(host: listen.host, port: listen.port),
                    usesTLS: usesTLS,
                    usesWebSocket: usesWebSocket,
                    variable: setting.name
                )
            )
        }
        if let path = try config.valueIfSet(Settings.mqttSocket) {
            listeners.append(ListenerConfiguration(.socket(path: path), variable: Settings.mqttSocket.name))
        }
        doors.certificateFile = try config.valueIfSet(Settings.mqttCertificateFile)
        doors.keyFile = try config.valueIfSet(Settings.mqttKeyFile)
        doors.clientAuthoritiesFile = try config.valueIfSet(Settings.mqttClientAuthoritiesFile)
        doors.passwordFile = access.passwordFile
        doors.allowsAnonymous = access.allowsAnonymous
        try doors.check()
        if let certificate = doors.certificateFile, let key = doors.keyFile {
            tls = TLSFiles(certificate: certificate, key: key, clientAuthorities: doors.clientAuthoritiesFile)
        }
    }
}
