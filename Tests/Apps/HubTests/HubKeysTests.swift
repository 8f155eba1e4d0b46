// SPDX-License-Identifier: Apache-2.0

import Hub
import Keys
import Provenance
import TestSupport
import Testing

/// What `sluice-hub keys` prints is for two readers.
@Suite struct HubKeysTests {
    /// That of a hub whose sealing key was changed once, and which knows one node.
    private func printed(in directory: String) throws -> String {
        _ = try NodeKeys(directory: directory)
        let store = SealKeyStore(file: nil, stateDirectory: directory)
        try store.openOrMake().rotate()
        return try ProofKeys(directory: directory, hubID: 7).text + store.open().text
    }

    @Test func `those who check proofs pass over the keys to seal for`() throws {
        try ScratchDirectory.with { directory in
            let keys = try KeyList(text: printed(in: directory)).keys
            #expect(try keys == ProofKeys(directory: directory, hubID: 7).hub)
        }
    }

    @Test func `agents pass over the keys that check proofs`() throws {
        try ScratchDirectory.with { directory in
            let file = KeyFile(directory + "/hub.keys")
            try file.replace(by: Array(printed(in: directory).utf8), isSecret: false)
            let newest = try SealKeyStore(file: nil, stateDirectory: directory).open().recipients[0]
            #expect(try SealRecipients(path: file.path).all.map(\.identifier) == [newest.identifier])
        }
    }
}
