// SPDX-License-Identifier: Apache-2.0

/// Sealing end to end: whom agents seal for, and with what hubs open it.
extension Settings {
    package static let sealToFile = Setting<String>(
        path: "SLUICE_SEAL_TO_FILE",
        .agent,
        default: .none("none: nothing is sealed end to end"),
        "the hubs' public sealing keys, as `sluice-hub keys` prints them; all is sealed for them, and other hubs get nothing"
    )

    package static let sealPeriod = Setting<Duration>(
        "SLUICE_SEAL_PERIOD",
        .agent,
        default: "1h",
        .seconds(60)...(.seconds(86_400)),
        "how long one content key seals before a new one does"
    )

    package static let hubSealKeyFile = Setting<String>(
        path: "SLUICE_HUB_SEAL_KEY_FILE",
        .hub,
        default: .none("seal.key in SLUICE_HUB_STATE_DIR"),
        "the hub's private sealing keys, the newest first, which nobody else may read; made where there are none"
    )

    package static let hubSealed = Setting<String>(
        "SLUICE_HUB_SEALED",
        .hub,
        default: "accepted",
        oneOf: ["accepted", "required"],
        "required turns away agents that do not seal all that they send; accepted takes both"
    )
}
