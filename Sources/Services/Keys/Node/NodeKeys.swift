// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import Provenance

/// The keys by which others know a node, an agent or a hub: made at its first start, kept in its state directory.
///
/// ```
/// sluice node key v1
/// ed25519 <base64 of the seed, 32 bytes>
/// ml-dsa-65 <base64 of the seed, 32 bytes>
/// ```
package struct NodeKeys: Sendable {
    package static let fileName = "node.key"

    private static let heading = "sluice node key v1"
    private static let classicalWord = "ed25519"
    private static let postQuantumWord = "ml-dsa-65"
    private static let seedLength = 32

    private let classical: Curve25519.Signing.PrivateKey
    private let postQuantum: MLDSA65.PrivateKey

    /// Reads the keys in a state directory, which has to be there.
    ///
    /// - Parameter makesNew: where there are none, makes them; verbs that only show do not.
    package init(directory: String, makesNew: Bool = true) throws(KeyFault) {
        let file = KeyFile(directory + "/" + Self.fileName)
        let found = try file.read(isSecret: true)
        guard found != nil || makesNew else {
            throw file.fault("is not there: it is made when the program runs for the first time")
        }
        do {
            if let found {
                let seeds = try Self.seeds(in: found)
                classical = try Curve25519.Signing.PrivateKey(rawRepresentation: seeds.classical)
                postQuantum = try MLDSA65.PrivateKey(seedRepresentation: seeds.postQuantum, publicKey: nil)
            } else {
                classical = Curve25519.Signing.PrivateKey()
                postQuantum = try MLDSA65.PrivateKey()
            }
        } catch {
            throw file.fault(
                "is not a node key of this version: put the file back from a backup, or remove it; with a new key "
                    + "hubs refuse this node until its lines in their known_nodes are removed, too"
            )
        }
        if found == nil { try file.replace(by: text, isSecret: true) }
    }

    private var text: [UInt8] {
        let lines = [
            Self.heading,
            "\(Self.classicalWord) \(classical.rawRepresentation.base64EncodedString())",
            "\(Self.postQuantumWord) \(postQuantum.seedRepresentation.base64EncodedString())",
        ]
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    /// The public keys under a name, which may change while the keys do not; nil where the name is not allowed.
    package func verifierKey(_ kind: SignatureKind, name: String) -> VerifierKey? {
        switch kind {
        case .ed25519, .cosignature:
            VerifierKey(name: name, kind: kind, bytes: Array(classical.publicKey.rawRepresentation))
        case .mlDSA65:
            VerifierKey(name: name, kind: kind, bytes: Array(postQuantum.publicKey.rawRepresentation))
        }
    }

    /// The Ed25519 public key alone, 32 bytes.
    package var publicKey: [UInt8] { Array(classical.publicKey.rawRepresentation) }

    /// Ed25519 over `message`: 64 bytes, in about 20 us.
    ///
    /// The same key signs notes: what is not one begins with a control character, so that it cannot be taken for one.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        Array(try classical.signature(for: message))
    }

    /// ML-DSA-65 over `message`: 3,309 bytes, in about 2 ms.
    package func signPostQuantum(_ message: [UInt8]) throws -> [UInt8] {
        Array(try postQuantum.signature(for: message))
    }

    private struct NoSeeds: Error {}

    private static func seeds(in bytes: [UInt8]) throws(NoSeeds) -> (classical: Data, postQuantum: Data) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[0] == heading, lines[3].isEmpty,
            let classical = seed(in: lines[1], classicalWord), let postQuantum = seed(in: lines[2], postQuantumWord)
        else { throw NoSeeds() }
        return (classical, postQuantum)
    }

    private static func seed(in line: Substring, _ word: String) -> Data? {
        guard line.hasPrefix(word + " "), let seed = Data(base64Encoded: String(line.dropFirst(word.count + 1))),
            seed.count == seedLength
        else { return nil }
        return seed
    }
}
