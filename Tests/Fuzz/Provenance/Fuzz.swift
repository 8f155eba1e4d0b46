// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance

/// Reads the bytes as everything that comes from outside: what is taken must be written in the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let text = String(decoding: input, as: UTF8.self)
    if let proof = Proof(input) { precondition(Array(proof.text.utf8) == input) }
    if let note = SignedNote(input) { precondition(Array(note.note.utf8) == input) }
    if let checkpoint = Checkpoint(text: text) { precondition(checkpoint.text == text) }
    if let key = VerifierKey(text: text) { precondition(key.text == text) }
    if let leaf = EventLeaf(bytes: input) { precondition(leaf.bytes == input) }
    let keys = (try? KeyList(text: text).keys) ?? []
    precondition((try? Proven(input, keys: keys)) == nil)
    return 0
}
