// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// What clients have published under their packet identifiers, on all their connections: a session outlives them.
final class TrialPayloads {
    private var known: [String: [UInt16: Set<[UInt8]>]] = [:]

    private var nameless = 0

    /// A name for a client that has none, which no other has.
    func inventName() -> String {
        nameless += 1
        return "#\(nameless)"
    }

    func add(_ payload: [UInt8], of client: String, under packetID: UInt16) {
        known[client, default: [:]][packetID, default: []].insert(payload)
    }

    func of(_ client: String, under packetID: UInt16) -> Set<[UInt8]> { known[client]?[packetID] ?? [] }
}
