// SPDX-License-Identifier: Apache-2.0

import Startup
import Testing

@Suite struct JSONTextTests {
    @Test func `strings are escaped`() {
        #expect(JSONText.string("a\"b\\c\n\u{1}\u{1F}é") == #""a\"b\\c\n\u0001\u001fé""#)
        #expect(JSONText.string("\r\n") == #""\r\n""#)
    }

    @Test(arguments: [
        (1.0, 2, "1.00"), (0.005, 2, "0.01"), (-1.25, 1, "-1.3"), (-0.001, 2, "0.00"), (12.0, 0, "12"),
        (0.05, 1, "0.1"), (1e17, 2, "100000000000000000"),
    ])
    func `numbers are decimal`(_ value: Double, _ digits: Int, _ text: String) {
        #expect(JSONText.decimal(value, digits: digits) == text)
    }

    @Test func `what is not known is null`() {
        #expect(JSONText.number(nil) == "null")
        #expect(JSONText.number(.infinity) == "null")
    }
}
