// SPDX-License-Identifier: Apache-2.0

/// Why a hub does not believe what a node has signed.
package enum KnownNodeFault: Error, Equatable, CustomStringConvertible {
    /// A signature is not of the key that was shown with it.
    case badSignature(node: String)
    /// The node shows another key than the one it is known by.
    case otherKey(node: String, path: String)
    /// More names on one connection than one node can have had.
    case tooMany(Int)
    /// A name that no line of the file can have.
    case badName(node: String)
    /// As many nodes are known as can be, or many were learned just now.
    case full(path: String)
    /// The file of known nodes cannot be used.
    case file(KeyFault)

    package var description: String {
        switch self {
        case .badSignature(let node):
            "\(node): its signature is wrong: something between agent and hub changes what they say"
        case .otherKey(let node, let path):
            "\(node): it shows another key than it did before: somebody else uses its name, or its state directory is "
                + "new; if it is, remove the lines that begin with \"\(node)+\" from \(path)"
        case .tooMany(let limit):
            "its store holds events of more than \(limit) node names: let it drain without sealing, or split it"
        case .badName(let node): "\(node): no node can have this name: use letters, digits, and . _ -"
        case .full(let path):
            "the hub takes no node that it does not know, for a minute, or until lines are removed from \(path)"
        case .file(let fault): fault.description
        }
    }
}
