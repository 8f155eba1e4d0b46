// SPDX-License-Identifier: Apache-2.0

/// How much the agent's MQTT broker allows.
extension Settings {
    package static let mqttConnectionsMaximum = Setting<Int>(
        "SLUICE_MQTT_CONNECTIONS_MAX",
        .agent,
        default: "10000",
        1...100_000,
        "clients at a time; there may be twice as many sessions, those of clients that are away included"
    )

    package static let mqttConnectRate = Setting<Int>(
        "SLUICE_MQTT_CONNECT_RATE",
        .agent,
        default: "100",
        0...100_000,
        "new connections per second from one address beyond this machine, ten seconds' worth at once; 0 leaves all in"
    )

    package static let mqttQueueMaximum = Setting<Int>(
        "SLUICE_MQTT_QUEUE_MAX",
        .agent,
        default: "1000",
        1...60_000,
        "messages that wait for one subscriber, there or away; more are dropped, counted and logged"
    )

    package static let mqttQueueBytesMaximum = Setting<ByteSize>(
        "SLUICE_MQTT_QUEUE_BYTES_MAX",
        .agent,
        default: "1MiB",
        ByteSize(bytes: 1 << 10)...ByteSize(bytes: 1 << 30),
        "bytes that wait for one subscriber, there or away"
    )

    package static let mqttRetainedMaximum = Setting<ByteSize>(
        "SLUICE_MQTT_RETAINED_MAX",
        .agent,
        default: "8MiB",
        ByteSize(bytes: 0)...ByteSize(bytes: 1 << 30),
        "bytes of retained messages, which are in memory, too; what finds no room is delivered, but not retained"
    )

    package static let mqttSessionExpiryMaximum = Setting<Duration>(
        Variable(
            "SLUICE_MQTT_SESSION_EXPIRY_MAX",
            .agent,
            .none("none: as long as the client asks for, for ever with MQTT 3.1.1"),
            allowed: "a duration from 1s to 87600h: `72h`",
            meaning: "how long a session is kept at most while its client is away"
        )
    ) { text in
        guard let time = Duration(settingText: text), time >= .seconds(1), time <= .seconds(87_600 * 3_600) else {
            return nil
        }
        return time
    }

    package static let mqttKeepAliveMaximum = Setting<Duration>(
        Variable(
            "SLUICE_MQTT_KEEPALIVE_MAX",
            .agent,
            .text("0"),
            allowed: "0 to 65535s, whole seconds, written like 60s, 5m",
            meaning: "keep-alive of MQTT 5 clients at most; 0 leaves it to them"
        )
    ) { text in
        Duration(settingText: text).flatMap {
            $0 <= .seconds(65_535) && $0.components.attoseconds == 0 ? $0 : nil
        }
    }

    package static let mqttSysInterval = Setting<Duration>(
        "SLUICE_MQTT_SYS_INTERVAL",
        .agent,
        default: "10s",
        .zero...(.seconds(3_600)),
        "how often the topics below `$SYS/broker` are renewed for those who subscribed to them; 0 turns them off"
    )

    /// Those of them that this file has, in the order in which they are shown.
    static let brokerVariables: [Variable] = [
        mqttConnectionsMaximum.variable, mqttConnectRate.variable, mqttQueueMaximum.variable,
        mqttQueueBytesMaximum.variable,
        mqttRetainedMaximum.variable, mqttSessionExpiryMaximum.variable, mqttKeepAliveMaximum.variable,
        mqttSysInterval.variable,
    ]
}
