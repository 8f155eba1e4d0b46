// SPDX-License-Identifier: Apache-2.0

/// Why a proof proves nothing.
package enum Refutation: Error, Equatable, CustomStringConvertible {
    /// Not in the one form that proofs have.
    case notCanonical
    /// The signed text is not a checkpoint of a log.
    case noCheckpoint
    /// The checkpoint's signatures are not one of each kind that logs sign with, in order, by the log's own name.
    case wrongSignatures
    /// A signature's key is not among the trusted ones.
    case unknownKey(name: String, id: UInt32)
    case badSignature(name: String, kind: SignatureKind)
    /// The leaf is not in the tree that was signed.
    case notIncluded
    /// The leaf is not an event.
    case noEvent

    package var description: String {
        switch self {
        case .notCanonical: "it is not in the form that proofs have: something was changed, or it is no proof"
        case .noCheckpoint: "what is signed is not a checkpoint of a log"
        case .wrongSignatures: "it does not have exactly one Ed25519 and one ML-DSA-65 signature of the log's name"
        case .unknownKey(let name, let id):
            "it is signed with a key of \(name), \(NoteText.hexadecimal(id)), that is not among the trusted ones"
        case .badSignature(let name, let kind): "the \(kind.name) signature of \(name) is wrong"
        case .notIncluded: "the event is not in the log that was signed, or not in this form"
        case .noEvent: "what is in the log is not an event"
        }
    }
}
