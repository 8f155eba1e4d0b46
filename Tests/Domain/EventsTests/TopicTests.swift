// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct TopicTests {
    /// The examples of MQTT 5.0 section 4.7 and their neighbours.
    static let matches: [(filter: String, topic: String, isMatch: Bool)] = [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/tennis/player1/#", "sport/tennis/player11", false),
        ("sport/#", "sport", true), ("#", "a/b/c", true), ("#", "/", true),
        ("sport/tennis/+", "sport/tennis/player1", true), ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false), ("sport/+", "sport/", true), ("+", "finance", true), ("+", "/finance", false),
        ("+/+", "/finance", true), ("/+", "/finance", true), ("a", "a/", false), ("a/", "a", false),
        ("#", "$SYS/x", false), ("+/monitor/Clients", "$SYS/monitor/Clients", false), ("$SYS/#", "$SYS/x", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true), ("a/b", "a/B", false), ("+/b/#", "a/b", true),
        ("+/b/#", "a/c", false), ("/", "/", true), ("//", "//", true), ("//", "/", false),
    ]

    @Test(arguments: matches.indices)
    func `filters match as the specification says`(index: Int) throws {
        let (filter, topic, isMatch) = Self.matches[index]
        #expect(try #require(TopicFilter(filter)).matches(Array(topic.utf8)) == isMatch, "\(filter) \(topic)")
    }

    @Test(arguments: ["", "a/#/b", "a#", "#a", "a+", "+a", "a/b+/c", "a\u{0}", String(repeating: "a", count: 65_536)])
    func `misplaced wildcards are no filter`(text: String) {
        #expect(TopicFilter(text) == nil)
    }

    @Test func `topic names have no wildcard, no NUL, and are UTF-8`() {
        func isValid(_ bytes: [UInt8]) -> Bool { TopicName.isValid(bytes.span.bytes) }
        #expect(isValid(Array("a/b c/ü".utf8)))
        #expect(isValid([UInt8](repeating: 0x61, count: 65_535)))
        for bytes in [[], [0x61, 0], Array("a/+".utf8), Array("#".utf8), [0xC3, 0x28], [0xED, 0xA0, 0x80]] {
            #expect(!isValid(bytes), "\(bytes)")
        }
        #expect(!isValid([UInt8](repeating: 0x61, count: 65_536)))
    }

    @Test func `the most urgent rule that matches decides`() throws {
        let rules = try #require(ForwardRules(text: "telemetry/#, alarms/#=alarm ,+/+/raw=bulk,alarms/test=bulk"))
        #expect(rules.eventClass(of: Array("alarms/test".utf8)) == .alarm)
        #expect(rules.eventClass(of: Array("telemetry/a/raw".utf8)) == .normal)
        #expect(rules.eventClass(of: Array("x/a/raw".utf8)) == .bulk)
        #expect(rules.eventClass(of: Array("x".utf8)) == nil)
    }

    @Test(arguments: ["", ",", "a=loud", "a#", "=alarm", "a=alarm=bulk"])
    func `rules that are none are refused`(text: String) {
        #expect(ForwardRules(text: text) == nil)
    }
}
