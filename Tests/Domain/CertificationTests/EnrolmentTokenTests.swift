// SPDX-License-Identifier: Apache-2.0

import Certification
import TestSupport
import Testing

@Suite struct EnrolmentTokenTests {
    /// What a hub has printed stays good when programs are updated.
    private static let golden =
        "pump-7.AQABAgMEBQYHCAkKCwwNDg8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P48oqUg"

    private func token(_ node: String = "pump-7") -> EnrolmentToken {
        EnrolmentToken(node: node, secret: Array(0..<16), authority: Array(32..<64))
    }

    @Test func `the form of tokens stays`() throws {
        #expect(token().text == Self.golden)
        #expect(try EnrolmentToken(text: Self.golden) == token())
        #expect(token().digest == "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991")
    }

    @Test(arguments: ["p", "Gate.2_b", String(repeating: "n", count: 64)])
    func `a token is read as it was written`(_ node: String) throws {
        #expect(try EnrolmentToken(text: token(node).text) == token(node))
        #expect(try EnrolmentToken(text: " \(token(node).text)\r\n") == token(node))
    }

    @Test func `a slip of the pen is noticed at every place`() throws {
        let text = Array(token().text.utf8)
        for index in text.indices {
            for other in Array("Aa0-_.z".utf8) where other != text[index] {
                var changed = text
                changed[index] = other
                #expect(throws: EnrolmentToken.Fault.damaged) {
                    try EnrolmentToken(text: String(decoding: changed, as: UTF8.self))
                }
            }
            #expect(throws: EnrolmentToken.Fault.damaged) {
                try EnrolmentToken(text: String(decoding: text[..<index], as: UTF8.self))
            }
        }
    }

    @Test func `anything else is no token`() {
        let texts = ["", ".", "pump-7.", "pump-7", "Bearer x", String(repeating: "A", count: 10_000)]
        for text in texts {
            #expect(throws: EnrolmentToken.Fault.self, "\(text)") { try EnrolmentToken(text: text) }
        }
    }
}
