// SPDX-License-Identifier: Apache-2.0

import MQTT

/// Which version to speak with a broker that has not said which it knows: the newer first.
struct MQTTVersionChoice: Sendable {
    private(set) var next = MQTTVersion.v5
    /// Whether no connection was let in yet: then subscriptions may be new.
    private(set) var isFirst = true

    mutating func learn(from ending: SourceEnding) {
        if ending.wasConnected { isFirst = false }
        guard isFirst, ending.suggestsOlder || next == .v311 else { return }
        next = next == .v5 ? .v311 : .v5
    }
}
