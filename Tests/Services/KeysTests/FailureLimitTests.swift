// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Keys

@Suite struct FailureLimitTests {
    private let source = FailureLimit.Source.address("192.0.2.1")

    @Test func `a source is blocked until its window is over`() {
        var limit = FailureLimit(window: .seconds(60))
        for second in 0..<4 { limit.failed(source, now: .seconds(second)) }
        #expect(!limit.isBlocked(source, maximum: 5, now: .seconds(4)))
        limit.failed(source, now: .seconds(4))
        #expect(limit.isBlocked(source, maximum: 5, now: .seconds(5)))
        #expect(limit.isBlocked(source, maximum: 5, now: .seconds(59)))
        #expect(!limit.isBlocked(.address("192.0.2.2"), maximum: 5, now: .seconds(5)))
        #expect(!limit.isBlocked(.user("u", address: "192.0.2.1"), maximum: 1, now: .seconds(5)))
        #expect(!limit.isBlocked(source, maximum: 5, now: .seconds(60)))
        limit.failed(source, now: .seconds(61))
        #expect(!limit.isBlocked(source, maximum: 2, now: .seconds(61)))
    }

    @Test func `it holds no more sources than it may, and forgets the oldest`() {
        var limit = FailureLimit(window: .seconds(60), capacity: 10)
        for number in 0..<1_000 { limit.failed(.address("\(number)"), now: .milliseconds(number)) }
        #expect(limit.count == 10)
        #expect(limit.isBlocked(.address("999"), maximum: 1, now: .seconds(1)))
        #expect(!limit.isBlocked(.address("500"), maximum: 1, now: .seconds(1)))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8::7", "2001:db8::/64"), ("fe80::1%eth0", "fe80::/64"), ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("local", "local"),
    ])
    func `an IPv6 network counts as one`(_ address: String, _ network: String) {
        #expect(FailureLimit.Source.network(of: address) == network)
    }
}
