// SPDX-License-Identifier: Apache-2.0

package import Events

/// Every variable of both programs: the one table that reading, `config`, the README and the checks follow.
package enum Settings {
    package static let hub = Setting<[HubAddress]>(
        Variable(
            "SLUICE_HUB",
            .agent,
            .none("none: take events and keep them"),
            allowed: "ws://host:port or wss://host:port/path, several separated by commas, [::1] for IPv6",
            meaning: "where events go; of several hubs, the first that answers"
        )
    ) { HubAddress.list($0) }

    package static let node = Setting<String>(
        Variable(
            "SLUICE_NODE",
            .agent,
            .none("host name and a short id"),
            allowed: "1 to 128 characters out of letters, digits, . _ -",
            meaning: "this gateway's name; part of every event's identity"
        )
    ) { text in
        let isAllowed = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        return isAllowed && (1...128).contains(text.utf8.count) ? text : nil
    }

    package static let stateDirectory = Setting<String>(
        path: "SLUICE_STATE_DIR",
        .agent,
        default: .variable("STATE_DIRECTORY", else: "/var/lib/sluice"),
        "directory of the store; one agent each"
    )

    package static let mqttListen = Setting<ListenAddress>(
        "SLUICE_MQTT_LISTEN",
        .agent,
        default: "127.0.0.1:1883",
        "where devices publish (MQTT 3.1.1 and 5.0)"
    )

    package static let forward = Setting<ForwardRules>(
        Variable(
            "SLUICE_FORWARD",
            .agent,
            .text("#"),
            allowed: "topic filters separated by commas, each with =alarm, =normal or =bulk or nothing (normal)",
            meaning: "what goes to the hub, and how urgent it is: `alarms/#=alarm,telemetry/#`"
        )
    ) { ForwardRules(text: $0) }

    package static let partitions = Setting<Int>(
        "SLUICE_PARTITIONS",
        .agent,
        default: "1",
        1...64,
        "lanes per class, chosen by a hash of the topic"
    )

    package static let bufferMaximum = Setting<ByteSize>(
        "SLUICE_BUFFER_MAX",
        .agent,
        default: "512MiB",
        ByteSize(bytes: 4 << 20)...ByteSize(bytes: 1 << 40),
        "bytes on disk, indexes and WAL included; then the oldest of the least urgent class goes, as a recorded gap"
    )

    package static let bufferMaximumAge = Setting<Duration>(
        Variable(
            "SLUICE_BUFFER_MAX_AGE",
            .agent,
            .none("none: as long as there is room"),
            allowed: "a duration from 1m to 87600h: `30m`, `72h`",
            meaning: "events that are certainly older go, as a recorded gap; no step of the clock makes them older"
        )
    ) { text in
        guard let age = Duration(settingText: text), age >= .seconds(60), age <= .seconds(87_600 * 3_600) else {
            return nil
        }
        return age
    }

    package static let commitInterval = Setting<Duration>(
        "SLUICE_COMMIT_INTERVAL",
        .agent,
        default: "0",
        .zero...(.seconds(10)),
        "how long normal and bulk events wait to be synced together, and so their PUBACKs: fewer writes; alarms never wait"
    )

    package static let eventMaximum = Setting<ByteSize>(
        "SLUICE_EVENT_MAX",
        .agent,
        default: "256KiB",
        ByteSize(bytes: 256)...ByteSize(bytes: 1 << 20),
        "largest event, topic and payload; larger ones are refused and counted"
    )

    package static let mtu = Setting<Int>(
        "SLUICE_MTU",
        .agent,
        default: "1200",
        256...65_000,
        "payload bytes of one batch: what fits one packet"
    )

    package static let linger = Setting<Duration>(
        "SLUICE_LINGER",
        .agent,
        default: "20ms",
        .zero...(.seconds(60)),
        "how long normal and bulk events wait for company; 0 sends at once; alarms never wait"
    )

    package static let drain = Setting<String>(
        "SLUICE_DRAIN",
        .agent,
        default: "ordered",
        oneOf: ["ordered", "live-first"],
        "after an outage, what comes waits behind what has piled up, or leaves beside it on half of the link"
    )

    package static let primer = Setting<ByteSize>(
        "SLUICE_PRIMER",
        .agent,
        default: "16KiB",
        ByteSize(bytes: 0)...ByteSize(bytes: 256 << 10),
        "recent events that agent and hub keep as a start for every batch, which then is smaller; 0 for none"
    )

    package static let linkTimeout = Setting<Duration>(
        "SLUICE_LINK_TIMEOUT",
        .agent,
        default: "10s",
        .seconds(1)...(.seconds(600)),
        "no byte from the hub for this long: the link is dead"
    )

    package static let proxy = Setting<ProxyAddress>(
        Variable(
            "SLUICE_PROXY",
            .agent,
            .none("none: straight to the hub"),
            allowed: "http://host:port or http://user:password@host:port, with %HH for what a URL reserves",
            meaning: "HTTP proxy (CONNECT) on the way to the hub, which looks up the hub's name, too",
            shown: { ProxyAddress.shown($0) }
        )
    ) { ProxyAddress($0) }

    package static let hubListen = Setting<ListenAddress>(
        "SLUICE_HUB_LISTEN",
        .hub,
        default: "127.0.0.1:7480",
        "where agents connect (WebSocket)"
    )

    package static let hubStateDirectory = Setting<String>(
        path: "SLUICE_HUB_STATE_DIR",
        .hub,
        default: .variable("STATE_DIRECTORY", else: "/var/lib/sluice-hub"),
        "directory of the hub's log; one hub each"
    )

    package static let hubKeep = Setting<KeepRule>(
        Variable(
            "SLUICE_HUB_KEEP",
            .hub,
            .text("all"),
            allowed: KeepRule.allowed,
            meaning: "what stays in the hub's log, by age, by bytes on disk, or both: `30d,20GiB`; then the oldest goes"
        )
    ) { KeepRule($0) }

    package static let hubMQTTListen = Setting<ListenAddress>(
        "SLUICE_HUB_MQTT_LISTEN",
        .hub,
        default: "127.0.0.1:1884",
        "where subscribers read what landed (MQTT)"
    )

    package static let stopTimeout = Setting<Duration>(
        "SLUICE_STOP_TIMEOUT",
        .both,
        default: "5s",
        .zero...(.seconds(600)),
        "how long a stop may take to send or land what it has; nothing acknowledged is lost either way"
    )

    package static let insecure = Setting<Bool>(
        "SLUICE_INSECURE",
        .both,
        default: "0",
        "1 allows plain ws:// to and from other machines"
    )

    package static let logLevel = Setting<String>(
        "SLUICE_LOG_LEVEL",
        .both,
        default: "info",
        oneOf: ["trace", "debug", "info", "notice", "warning", "error", "critical"],
        "least urgent line that is logged"
    )

    /// All of them, in the order in which they are shown.
    package static let variables: [Variable] =
        [hub.variable, node.variable, stateDirectory.variable, mqttListen.variable] + mqttVariables + brokerVariables
        + sourceVariables
        + [
            forward.variable, partitions.variable, bufferMaximum.variable, bufferMaximumAge.variable,
            commitInterval.variable, eventMaximum.variable, mtu.variable, linger.variable, drain.variable,
            primer.variable, linkTimeout.variable, hubCAFile.variable, hubPin.variable, hubCertificateFile.variable,
            hubKeyFile.variable, sealToFile.variable, sealPeriod.variable, proxy.variable, hubListen.variable,
            hubTLSCertificateFile.variable, hubTLSKeyFile.variable, hubTLSClientAuthoritiesFile.variable,
            hubEnrolListen.variable, hubSealKeyFile.variable, hubSealed.variable, hubStateDirectory.variable,
            hubKeep.variable, hubMQTTListen.variable, stopTimeout.variable, insecure.variable, logLevel.variable,
        ] + provenanceVariables
}
