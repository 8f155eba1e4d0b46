// SPDX-License-Identifier: Apache-2.0

import Events

/// Names of hubs as signers, and of their logs.
///
/// A hub signs as `sluice-hub/<its id>`; no node has such a name, as theirs have no slash. A log is `<its hub>/<its own id>`:
/// where a hub has to begin a new one, it is another log and contradicts nothing that the lost one has said.
package enum LogOrigin {
    /// The name that a hub signs with.
    package static func hub(_ id: UInt64) -> String { "\(hubWord)/\(Epoch.name(of: id))" }

    /// The origin of a hub's log.
    package static func log(_ id: UInt64, ofHub hub: UInt64) -> String { "\(Self.hub(hub))/\(Epoch.name(of: id))" }

    /// Whether a log is a hub's, and the signer is that hub: a list of trusted keys has those of nodes, too.
    static func belongs(_ origin: String, to signer: String) -> Bool {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == hubWord && isID(parts[1]) && isID(parts[2])
            && signer == "\(hubWord)/\(parts[1])"
    }

    private static let hubWord = "sluice-hub"

    private static func isID(_ text: Substring) -> Bool {
        UInt64(text, radix: 16).map { Epoch.name(of: $0) == text } ?? false
    }
}
