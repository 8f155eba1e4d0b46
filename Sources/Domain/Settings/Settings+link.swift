// SPDX-License-Identifier: Apache-2.0

/// How agents and hubs know each other: TLS on the way between them.
extension Settings {
    package static let hubCAFile = Setting<String>(
        path: "SLUICE_HUB_CA_FILE",
        .agent,
        default: .none("hub-ca.pem in SLUICE_STATE_DIR once enrolled, else the system's"),
        "certificates (PEM) to trust for wss:// hubs"
    )

    package static let hubPin = Setting<[String]>(
        Variable(
            "SLUICE_HUB_PIN",
            .agent,
            .none("none: any key that an authority vouches for"),
            allowed: "sha256/ and the base64 of 32 bytes (44 characters), several separated by commas",
            meaning:
                "public keys that wss:// hubs may have, as the hub's log shows them; without SLUICE_HUB_CA_FILE that is "
                + "enough, with it both must hold"
        )
    ) { pins($0) }

    package static let hubCertificateFile = Setting<String>(
        path: "SLUICE_HUB_CERT_FILE",
        .agent,
        default: .none("tls.pem in SLUICE_STATE_DIR once enrolled, else none"),
        "certificate that the agent shows wss:// hubs (PEM); SLUICE_NODE must be a name in it"
    )

    package static let hubKeyFile = Setting<String>(
        path: "SLUICE_HUB_KEY_FILE",
        .agent,
        default: .none("tls.pem in SLUICE_STATE_DIR once enrolled, else none"),
        "its private key (PEM), which nobody else may read"
    )

    package static let hubTLSCertificateFile = Setting<String>(
        path: "SLUICE_HUB_TLS_CERT_FILE",
        .hub,
        default: .none("none: plain ws://"),
        "certificate that agents are shown, and those between it and its authority (PEM); TLS 1.3 only"
    )

    package static let hubTLSKeyFile = Setting<String>(
        path: "SLUICE_HUB_TLS_KEY_FILE",
        .hub,
        default: .none("none"),
        "its private key (PEM), which nobody else may read"
    )

    package static let hubTLSClientAuthoritiesFile = Setting<String>(
        path: "SLUICE_HUB_TLS_CLIENT_CA_FILE",
        .hub,
        default: .none("none: agents need no certificate"),
        "agents must have a certificate of one of these authorities (PEM), and be a node that is named in it"
    )

    package static let hubEnrolListen = Setting<ListenAddress>(
        optional: "SLUICE_HUB_ENROL_LISTEN",
        .hub,
        "where nodes get certificates of the hub's authority, made by `sluice-hub ca init`; 0.0.0.0:7481 is usual"
    )

    /// `sha256//` is how curl writes it.
    private static func pins(_ text: String) -> [String]? {
        let pins = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> String? in
            let part = part.drop { $0 == " " }
            guard part.hasPrefix("sha256/") else { return nil }
            let digits = part.dropFirst(7).drop { $0 == "/" && part.hasPrefix("sha256//") && part.utf8.count == 52 }
            let isBase64 = digits.dropLast().utf8.allSatisfy { byte in
                switch byte {
                case 0x2B, 0x2F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: false
                }
            }
            return digits.utf8.count == 44 && digits.hasSuffix("=") && isBase64 ? "sha256/" + digits : nil
        }
        return pins.contains(nil) ? nil : pins.compactMap(\.self)
    }
}
