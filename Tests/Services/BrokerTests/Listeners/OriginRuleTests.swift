// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Broker

@Suite struct OriginRuleTests {
    private let rule = OriginRule(allowed: ["https://Panel.example"], ownNames: ["localhost", "gw", "gw.local"])

    @Test(arguments: [
        ("http://127.0.0.1", "127.0.0.1:9001", true), ("http://127.0.0.1:3000", "127.0.0.1:9001", true),
        ("http://[fe80::1]", "[fe80::1]:9001", true), ("http://[fe80::1]:80", "[fe80::2]:9001", false),
        ("http://gw.local:8080", "GW.local", true), ("http://gw", "gw:9001", true), ("http://gw", "127.0.0.1", false),
        ("https://panel.example", "127.0.0.1", true), ("https://panel.example:8443", "127.0.0.1", false),
        ("http://evil.example", "127.0.0.1", false), ("null", "127.0.0.1", false), ("", "", false), ("://", "", false),
        ("http://127.0.0.1.evil.example", "127.0.0.1", false), ("http://evil.example/127.0.0.1", "127.0.0.1", false),
    ])
    func `pages of the same host and of the list get in`(_ origin: String, _ host: String, _ isAllowed: Bool) {
        #expect(rule.allows(origins: [origin], hosts: [host], isSecure: false) == isAllowed)
    }

    @Test func `a name that leads here and is not this machine's gets in over TLS only`() {
        let (origins, hosts) = (["http://rebound.example"], ["rebound.example:9001"])
        #expect(!rule.allows(origins: origins, hosts: hosts, isSecure: false))
        #expect(rule.allows(origins: origins, hosts: hosts, isSecure: true))
    }

    @Test func `what is no browser gets in, and everybody where the list says so`() {
        #expect(rule.allows(origins: [], hosts: ["anything"], isSecure: false))
        let open = OriginRule(allowed: ["*"], ownNames: [])
        #expect(open.allows(origins: ["http://evil.example"], hosts: ["127.0.0.1"], isSecure: false))
        #expect(OriginRule.namesOfThisMachine.contains("localhost"))
    }
}
