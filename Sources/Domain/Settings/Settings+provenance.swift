// SPDX-License-Identifier: Apache-2.0

extension Settings {
    package static let provenance = Setting<String>(
        "SLUICE_PROVENANCE",
        .hub,
        default: "on",
        oneOf: ["on", "off"],
        "whether the hub signs what lands, so that every event can be proven and no history rewritten unseen"
    )

    /// Those of this file, in the order in which they are shown.
    static let provenanceVariables: [Variable] = [provenance.variable]
}
