// SPDX-License-Identifier: Apache-2.0

import Provenance
import Testing

/// Against the examples of the specifications.
@Suite struct NoteTests {
    private let checkpointNote = """
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

        """

    @Test func `a note of the specification is read and written as it was`() throws {
        let note = try #require(SignedNote(Array(checkpointNote.utf8)))
        #expect(note.note == checkpointNote)
        #expect(note.signatures.map(\.name) == ["example.com/behind-the-sofa", "witness.example.com/w1"])
        #expect(note.signatures[0].keyID == 0x033D_E0AE)
        #expect(note.signatures.map(\.bytes.count) == [64, 72])
        let checkpoint = try #require(Checkpoint(text: note.text))
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.text == note.text)
    }

    @Test func `a note's text may have empty lines`() throws {
        let note =
            "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
            + "\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU"
            + "0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
        let parsed = try #require(SignedNote(Array(note.utf8)))
        #expect(parsed.text.hasSuffix("ed è subito sera.\n"))
        #expect(parsed.note == note)
    }

    @Test(arguments: [
        "", "\n", "\n\n", "a\n", "a\n\n", "a\n\nb\n", "a\n\n\u{2014} n AAAA\n", "a\n\n\u{2014} n AAAAAA==",
        "a\r\n\n\u{2014} n AAAAAA==\n",
        "a\n\n\u{2014}  n AAAAAA==\n", "a\n\n- n AAAAAAA=\n", "a\n\n\u{2014} n+m AAAAAAA=\n",
        "a\n\n\u{2014} n AAAAAAB=\n",
        "a\n\n\u{2014} n AAAAAAA=\n\n", "a\n\u{2014} n AAAAAAA=\n",
    ]) func `what is no signed note is refused`(text: String) {
        #expect(SignedNote(Array(text.utf8)) == nil)
    }

    @Test func `a note has no more signatures than every verifier takes`() {
        let line = "\u{2014} n AAAAAAA=\n"
        #expect(SignedNote(Array(("a\n\n" + String(repeating: line, count: 16)).utf8)) != nil)
        #expect(SignedNote(Array(("a\n\n" + String(repeating: line, count: 17)).utf8)) == nil)
    }

    @Test(arguments: [
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "o\n05\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n+5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n-5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n", "o\n5\nAAAA\n", "",
        "o\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ]) func `what is no checkpoint is refused`(text: String) {
        #expect(Checkpoint(text: text) == nil)
    }
}
