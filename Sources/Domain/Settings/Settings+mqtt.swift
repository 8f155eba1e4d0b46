// SPDX-License-Identifier: Apache-2.0

/// How MQTT clients come in, beside the plain listeners, and who may.
extension Settings {
    package static let mqttTLSListen = Setting<ListenAddress>(
        optional: "SLUICE_MQTT_TLS_LISTEN",
        .agent,
        "where devices publish over TLS; 0.0.0.0:8883 is usual"
    )

    package static let mqttWSListen = Setting<ListenAddress>(
        optional: "SLUICE_MQTT_WS_LISTEN",
        .agent,
        "where they come by WebSocket (path / or /mqtt)"
    )

    package static let mqttWSSListen = Setting<ListenAddress>(
        optional: "SLUICE_MQTT_WSS_LISTEN",
        .agent,
        "where they come by WebSocket over TLS"
    )

    package static let mqttSocket = Setting<String>(
        Variable(
            "SLUICE_MQTT_SOCKET",
            .agent,
            .none("none"),
            allowed: "an absolute path of at most 107 bytes",
            meaning: "unix socket where programs of this machine publish; for user and group of the agent"
        )
    ) { text in
        // `sockaddr_un` holds 108 bytes, the last of them zero (unix(7)).
        text.hasPrefix("/") && !text.utf8.contains(0) && text.utf8.count <= 107 ? text : nil
    }

    package static let mqttCertificateFile = Setting<String>(
        path: "SLUICE_MQTT_TLS_CERT_FILE",
        .agent,
        default: .none("none"),
        "certificate that TLS listeners show, and those between it and its authority (PEM)"
    )

    package static let mqttKeyFile = Setting<String>(
        path: "SLUICE_MQTT_TLS_KEY_FILE",
        .agent,
        default: .none("none"),
        "its private key (PEM)"
    )

    package static let mqttClientAuthoritiesFile = Setting<String>(
        path: "SLUICE_MQTT_TLS_CLIENT_CA_FILE",
        .agent,
        default: .none("none: clients need no certificate"),
        "TLS clients must have a certificate of one of these authorities (PEM); the name in it is their user name"
    )

    package static let mqttPasswordFile = Setting<String>(
        path: "SLUICE_MQTT_PASSWORD_FILE",
        .both,
        default: .none("none: passwords are not looked at"),
        "users and hashes of their passwords, written by `sluice passwd`"
    )

    package static let mqttAccessFile = Setting<String>(
        path: "SLUICE_MQTT_ACL_FILE",
        .both,
        default: .none("none: everybody may do everything"),
        "who may publish and subscribe to what, in the form of Mosquitto's `acl_file`"
    )

    package static let mqttAnonymous = Setting<Bool>(
        "SLUICE_MQTT_ANONYMOUS",
        .both,
        default: "0",
        "1 lets MQTT clients in that do not say who they are, from everywhere; 0 from this machine only, and from nowhere "
            + "while there is a password file"
    )

    package static let mqttWebOrigins = Setting<[String]>(
        Variable(
            "SLUICE_MQTT_WS_ORIGINS",
            .agent,
            .none("none: pages of the same host"),
            allowed:
                "origins like https://panel.example or http://10.0.0.5:8080, several separated by commas, or * for every page",
            meaning: "web pages that may connect by WebSocket from a browser; programs that are no browser always may"
        )
    ) { WebOrigin.list($0) }

    /// In the order in which they are shown.
    static let mqttVariables: [Variable] = [
        mqttTLSListen.variable, mqttWSListen.variable, mqttWSSListen.variable, mqttWebOrigins.variable,
        mqttSocket.variable,
        mqttCertificateFile.variable, mqttKeyFile.variable, mqttClientAuthoritiesFile.variable,
        mqttPasswordFile.variable, mqttAccessFile.variable, mqttAnonymous.variable,
    ]
}
