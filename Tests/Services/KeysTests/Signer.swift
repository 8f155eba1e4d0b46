// SPDX-License-Identifier: Apache-2.0

import Glibc
import Keys
import Provenance
import Testing

/// A node with keys of its own.
struct Signer {
    private let keys: NodeKeys
    private let name: String

    /// - Parameter directory: where its state directory is made, under a name that no other has.
    init(_ name: String, in directory: String) throws {
        var template = Array("\(directory)/\(name)-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        keys = try NodeKeys(
            directory: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        )
        self.name = name
    }

    func classical(_ message: [UInt8]) throws -> ShownKey {
        ShownKey(try #require(keys.verifierKey(.ed25519, name: name)), signature: try keys.sign(message))
    }

    func postQuantum(_ message: [UInt8]) throws -> ShownKey {
        ShownKey(try #require(keys.verifierKey(.mlDSA65, name: name)), signature: try keys.signPostQuantum(message))
    }
}
