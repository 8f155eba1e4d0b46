// SPDX-License-Identifier: Apache-2.0

import Keys
import Provenance
import TestSupport
import Testing

@Suite struct KnownNodesTests {
    private let message = Array("message".utf8)

    @Test func `the first key of a node is believed, and no other after it`() throws {
        try ScratchDirectory.with { directory in
            let known = try KnownNodes(path: directory + "/known_nodes")
            let node = try Signer("node-1", in: directory)
            let impostor = try Signer("node-1", in: directory)
            try known.verify([try node.classical(message)], of: message)
            try known.verify([try node.classical(message)], of: message)
            #expect(throws: KnownNodeFault.otherKey(node: "node-1", path: directory + "/known_nodes")) {
                try known.verify([try impostor.classical(message)], of: message)
            }
            // Another node with the same key is another node.
            try known.verify([try Signer("node-2", in: directory).classical(message)], of: message)
            #expect(try known.all().map(\.name) == ["node-1", "node-2"])
        }
    }

    @Test func `what was learned is known to the next start`() throws {
        try ScratchDirectory.with { directory in
            let node = try Signer("node-1", in: directory)
            try KnownNodes(path: directory + "/known_nodes").verify([try node.classical(message)], of: message)
            let known = try KnownNodes(path: directory + "/known_nodes")
            #expect(try known.all() == [try node.classical(message).key])
            #expect(throws: KnownNodeFault.self) {
                try known.verify([try Signer("node-1", in: directory).classical(message)], of: message)
            }
        }
    }

    @Test func `a key is learned only with a valid signature`() throws {
        try ScratchDirectory.with { directory in
            let known = try KnownNodes(path: directory + "/known_nodes")
            let node = try Signer("node-1", in: directory)
            #expect(throws: KnownNodeFault.badSignature(node: "node-1")) {
                try known.verify([try node.classical(message)], of: message + [0])
            }
            #expect(throws: KnownNodeFault.self) { try known.verify([], of: message) }
            #expect(try known.all().isEmpty)
        }
    }

    @Test func `a further kind of key is learned only beside the one that is known`() throws {
        try ScratchDirectory.with { directory in
            let known = try KnownNodes(path: directory + "/known_nodes")
            let node = try Signer("node-1", in: directory)
            let impostor = try Signer("node-1", in: directory)
            try known.verify([try node.classical(message)], of: message)
            #expect(throws: KnownNodeFault.self) {
                try known.verify([try impostor.postQuantum(message)], of: message)
            }
            #expect(throws: KnownNodeFault.self) {
                try known.verify([try impostor.classical(message), try impostor.postQuantum(message)], of: message)
            }
            try known.verify([try node.classical(message), try node.postQuantum(message)], of: message)
            #expect(try known.all().count == 2)
            #expect(throws: KnownNodeFault.self) {
                try known.verify([try node.classical(message), try impostor.postQuantum(message)], of: message)
            }
        }
    }

    @Test func `people may remove a line and keep their comments while the hub runs`() throws {
        try ScratchDirectory.with { directory in
            let file = KeyFile(directory + "/known_nodes")
            let node = try Signer("node-1", in: directory)
            let successor = try Signer("node-1", in: directory)
            try file.replace(by: Array("# line 3\n\n\(try node.classical(message).key.text)".utf8), isSecret: false)
            let known = try KnownNodes(path: file.path)
            try known.verify([try node.classical(message)], of: message)
            #expect(throws: KnownNodeFault.self) { try known.verify([try successor.classical(message)], of: message) }
            try file.replace(by: Array("# line 3".utf8), isSecret: false)
            try known.verify([try successor.classical(message)], of: message)
            let text = String(decoding: try file.read(isSecret: false) ?? [], as: UTF8.self)
            #expect(text == "# line 3\n\(try successor.classical(message).key.text)\n")
        }
    }

    @Test(arguments: ["x\u{0600}", "#x", "#", "sluice-seal-7", "sluice-seal-1"])
    func `whatever a node calls itself, it is known by its key, and the file can be read again`(name: String) throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/known_nodes"
            let (node, other) = (try Signer(name, in: directory), try Signer(name, in: directory))
            try KnownNodes(path: path).verify([try node.classical(message)], of: message)
            let known = try KnownNodes(path: path)
            #expect(try known.all().map(\.name) == [name])
            let shown = try other.classical(message)
            #expect(throws: KnownNodeFault.otherKey(node: name, path: path)) { try known.verify([shown], of: message) }
        }
    }

    @Test func `nodes that are learned in a minute are bounded, and those that are known come in`() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/known_nodes"
            let known = try KnownNodes(path: path)
            let first = try Signer("first", in: directory).classical(message)
            try known.verify([first], of: message)
            for number in 1..<1_000 {
                try known.verify([try Signer("n\(number)", in: directory).classical(message)], of: message)
            }
            let late = try Signer("late", in: directory).classical(message)
            #expect(throws: KnownNodeFault.full(path: path)) { try known.verify([late], of: message) }
            try known.verify([first], of: message)
        }
    }

    @Test func `lines may end as Windows ends them`() throws {
        try ScratchDirectory.with { directory in
            let key = try Signer("pump", in: directory).classical(message).key
            let file = KeyFile(directory + "/known_nodes")
            try file.replace(by: Array("# known\r\n\(key.text)\r\n".utf8), isSecret: false)
            #expect(try KnownNodes(path: file.path).all() == [key])
        }
    }

    @Test func `a line that is no key is complained of by its number`() throws {
        try ScratchDirectory.with { directory in
            let file = KeyFile(directory + "/known_nodes")
            try file.replace(by: Array("# fine\nnode-1+00000000+AAAA\n".utf8), isSecret: false)
            let fault = #expect(throws: KeyFault.self) { try KnownNodes(path: file.path) }
            #expect(fault?.description.contains("line 2 is no verifier key") == true)
        }
    }
}
