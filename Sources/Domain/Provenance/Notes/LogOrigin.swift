// SPDX-License-Identifier: Apache-2.0

import Events

/// Names of hubs as signers, and of their logs.
///
/// A hub signs as `sluice-hub/<its id>`; no node has such a name, as theirs have no slash. A log is `<its hub>/<its own id>`:
/// where a hub has to begin a new one, it is another log and contradicts nothing that the lost one has said.
package enum LogOrigin {
    /// The name that a hub signs with.
    package static func hub(_ id: UInt64) -> String { "sluice-hub/\(Epoch.name(of: id))" }

    /// The origin of a hub's log.
    package static func log(_ id: UInt64, ofHub hub: UInt64) -> String { "\(Self.hub(hub))/\(Epoch.name(of: id))" }

    /// Whether a log is one of the signer's.
    static func belongs(_ origin: String, to signer: String) -> Bool {
        let own = signer.utf8.count + 1
        let rest = origin.utf8.dropFirst(own)
        return origin.utf8.starts(with: (signer + "/").utf8) && rest.count == 16
            && rest.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
