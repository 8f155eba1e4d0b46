// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Broker

@Suite struct AccessListTests {
    private func list(_ text: String) throws -> AccessList {
        try AccessList(Array(text.utf8), path: "acl")
    }

    private func rights(_ text: String, _ user: String? = nil, client: String = "c1") throws -> Rights {
        try list(text).rights(user: user, clientID: client)
    }

    /// Lines as mosquitto.conf(5) explains them.
    private let rules = """
        # for clients without a name
        topic read public/#

        user pump-7
        topic write site/pump/7/#
        topic readwrite shared/+/x
        topic own
        topic deny site/pump/7/secret
        user with space
        topic read a topic with spaces
        pattern read cmd/%u/%c/#
        pattern write state/%c
        """

    @Test func `rights are those of the user's lines and of the patterns`() throws {
        let pump = try rights(rules, "pump-7")
        #expect(pump.mayPublish("site/pump/7/bar".utf8))
        #expect(pump.mayPublish("site/pump/7".utf8))
        #expect(!pump.mayRead("site/pump/7/bar".utf8))
        #expect(!pump.mayPublish("site/pump/8/bar".utf8))
        #expect(!pump.mayPublish("site/pump/7/secret".utf8))
        #expect(pump.mayPublish("shared/1/x".utf8) && pump.mayRead("shared/1/x".utf8))
        #expect(pump.mayPublish("own".utf8) && pump.mayRead("own".utf8))
        #expect(!pump.mayRead("public/x".utf8))
        #expect(pump.mayRead("cmd/pump-7/c1/start".utf8) && !pump.mayPublish("cmd/pump-7/c1/start".utf8))
        #expect(!pump.mayRead("cmd/pump-8/c1/start".utf8))
        #expect(pump.mayPublish("state/c1".utf8) && !pump.mayPublish("state/c2".utf8))
        #expect(try rights(rules, "with space").mayRead("a topic with spaces".utf8))
    }

    @Test func `clients without a name have the first lines and patterns without a user`() throws {
        let anonymous = try rights(rules)
        #expect(anonymous.mayRead("public/x".utf8) && !anonymous.mayPublish("public/x".utf8))
        #expect(anonymous.mayPublish("state/c1".utf8))
        #expect(!anonymous.mayRead("cmd//c1/x".utf8))
        let stranger = try rights(rules, "stranger")
        #expect(!stranger.mayRead("public/x".utf8) && stranger.mayPublish("state/c1".utf8))
    }

    @Test func `a deny goes before every line that allows, wherever it stands`() throws {
        let text = "user u\ntopic a/#\npattern deny a/%c/#\ntopic deny b/+\ntopic b/c\n"
        let client = try rights(text, "u")
        #expect(client.mayPublish("a/x".utf8) && !client.mayPublish("a/c1/x".utf8) && !client.mayRead("b/c".utf8))
    }

    @Test(arguments: ["+", "#", "a/b", "x+", ""]) func `a name that is no level reaches nothing by a pattern`(
        name: String
    ) throws {
        let text = "pattern read p/%c/#\npattern read u/%u\npattern read free\ntopic t/#\npattern deny t/%c"
        let client = try rights(text, client: name)
        #expect(!client.mayRead("p/x/y".utf8) && !client.mayRead("p/a/b/c".utf8) && !client.mayRead("p//y".utf8))
        #expect(client.mayRead("free".utf8))
        // What it would be denied is denied whatever its name stands for.
        #expect(!client.mayRead("t/anything".utf8))
        let user = try rights("pattern read u/%u", name)
        #expect(!user.mayRead("u/x".utf8) && !user.mayRead("u/a/b".utf8))
    }

    @Test func `wildcards and names do not reach topics that begin with a dollar sign`() throws {
        #expect(try !rights("topic read #").mayRead("$SYS/x".utf8))
        #expect(try rights("topic read $SYS/#").mayRead("$SYS/x".utf8))
        #expect(try !rights("pattern read %c/#", client: "$SYS").mayRead("$SYS/x".utf8))
    }

    @Test(arguments: [
        ("#", true), ("a/+", true), ("a/b", true), ("a/b/c", false), ("+/x", true), ("$SYS/#", false), ("b/#", false),
        ("d/x", true), ("d/secret/x", false), ("d/secret/#", false), ("d/+/x", true), ("$share/g/a/b", true),
        ("$share/g/b", false), ("$share/g", false),
    ])
    func `a subscription that can bring nothing is refused`(_ filter: String, _ allowed: Bool) throws {
        let client = try rights("topic read a/+\ntopic d/#\ntopic deny d/secret/#\ntopic write b/#\n")
        #expect(client.maySubscribe(filter) == allowed)
    }

    @Test(arguments: [
        ("topic a\ntopik b", 2, "`topik` is none of user, topic, pattern"), ("user", 1, "user needs a name"),
        ("topic", 1, "a topic filter is missing"), ("topic read", 1, "a topic filter is missing"),
        ("\n\ntopic reed a", 3, "`reed` is none of read, write, readwrite and deny"),
        ("topic a/#/b", 1, "`a/#/b` is not a topic filter"), ("pattern read a/%c-x", 1, "`%c-x` is not allowed"),
        ("topic read a\nuser \u{1}\0", 2, "not text"),
    ])
    func `a mistake is named with its line`(_ text: String, _ line: Int, _ words: String) throws {
        let fault = #expect(throws: AccessFault.self) { try list(text) }
        #expect(fault?.description.hasPrefix("acl, line \(line): ") == true)
        #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "")")
    }

    @Test func `random bytes are read or refused`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let words = [
            "user ", "topic ", "pattern ", "read ", "deny ", "%u", "%c", "/", "+", "#", "\n", "\r", "\0", "é", "a",
        ]
        for round in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Array((words.randomElement(using: &generator) ?? "").utf8)
                }
            }
            guard let list = try? AccessList(bytes, path: "acl") else { continue }
            let rights = list.rights(user: round % 2 == 0 ? "a" : nil, clientID: "é")
            let topic = Array("a/é".utf8)
            // What may be read can be subscribed to: by its own name, and by a wildcard.
            if rights.mayRead(topic) {
                #expect(rights.maySubscribe("a/é") && rights.maySubscribe("#"), "seed \(seed), round \(round)")
            }
        }
    }
}
