// SPDX-License-Identifier: Apache-2.0

package import Events
import Storage

/// Why something cannot be noted or proven.
package enum NotaryFault: Error, Equatable, CustomStringConvertible {
    /// The file of the notary's own could not be read or written.
    case database(path: String, reason: String)
    /// It says something that no intact one does.
    case damaged(path: String, reason: String)
    /// There is none.
    case absent(path: String)
    /// A newer program wrote it.
    case newerVersion(path: String, found: Int)
    /// The event is not in the hub's log.
    case notLanded(EventIdentity)
    /// It is, and no checkpoint covers it yet.
    case notSigned(EventIdentity)
    /// It is one of the oldest 255 that the hub's log has: events beside it in the tree, which its proof takes, were dropped.
    case neighboursDropped(EventIdentity)
    /// What is in the hub's log is not what was signed.
    case changed(EventIdentity)
    /// A key could not sign.
    case signing(reason: String)

    init(_ error: SQLiteError, path: String) {
        self =
            NotaryDatabase.isDamage(error)
            ? .damaged(path: path, reason: error.description) : .database(path: path, reason: error.description)
    }

    package var description: String {
        switch self {
        case .database(let path, let reason), .damaged(let path, let reason): "\(path): \(reason)"
        case .absent(let path):
            "\(path) is not there: is SLUICE_HUB_STATE_DIR the hub's, and did it run with SLUICE_PROVENANCE=on?"
        case .newerVersion(let path, let found):
            "\(path) has format \(found), this program knows \(NotarySchema.version): install the newer version again"
        case .notLanded(let identity):
            "\(identity.text) is not in the log: it has not landed, was given up (`sluice-hub gaps`), or is older "
                + "than SLUICE_HUB_KEEP keeps"
        case .notSigned(let identity): "\(identity.text) has landed just now and is not signed yet: try again"
        case .neighboursDropped(let identity):
            "\(identity.text) cannot be proven any more: it is about to go, and events that were signed in one group "
                + "of 256 with it are dropped already (SLUICE_HUB_KEEP)"
        case .changed(let identity):
            "\(identity.text) is not in the log as it was signed: `sluice-hub audit` says what was changed"
        case .signing(let reason): "a checkpoint could not be signed: \(reason)"
        }
    }
}
