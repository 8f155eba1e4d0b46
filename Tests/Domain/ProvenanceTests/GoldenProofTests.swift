// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import TestSupport
import Testing

/// A proof that was written once must be proven for ever.
@Suite struct GoldenProofTests {
    @Test func `a proof that the first hub wrote is proven, and would be written in the same bytes`() throws {
        let file = try GoldenFile.bytes("proof-1/event.tlog-proof")
        let keys = try KeyList(text: String(decoding: GoldenFile.bytes("proof-1/hub.keys"), as: UTF8.self)).keys
        #expect(keys.map(\.kind) == [.ed25519, .mlDSA65])
        let proven = try Proven(file, keys: keys)
        let lane = Lane(epoch: 0x80A0_D5C2_01F0_B458, partition: Partition(number: 1))
        #expect(proven.event.identity == EventIdentity(node: "gw-1", lane: lane, sequence: 3))
        #expect(proven.event.topic == Array("site/pump/3".utf8))
        #expect(proven.event.payload == Array(#"{"bar":3}"#.utf8))
        #expect(proven.checkpoint.size == 3)
        #expect(try #require(Proof(file)).text == String(decoding: file, as: UTF8.self))
    }
}
