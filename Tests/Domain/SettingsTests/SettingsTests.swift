// SPDX-License-Identifier: Apache-2.0

import Events
import Settings
import Testing

@Suite struct SettingsTests {
    @Test(arguments: [
        ("250ms", 250), ("5s", 5000), ("10m", 600_000), ("2h", 7_200_000), ("0", 0), ("0ms", 0),
    ])
    func `durations have a unit`(_ text: String, _ milliseconds: Int) {
        #expect(Duration(settingText: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "-5s", "1.5s", "5 s", "5sec", "ms", "99999999999999999999h", "9223372036854775807h", "٥s",
    ])
    func `other durations are refused`(_ text: String) {
        #expect(Duration(settingText: text) == nil)
    }

    @Test(arguments: [
        ("https://hub.example", "https://hub.example:7481"), ("https://[::1]/", "https://[::1]:7481"),
        ("https://192.0.2.1:8443", "https://192.0.2.1:8443"),
    ])
    func `doors have a port where none is said`(_ text: String, _ full: String) {
        #expect(DoorAddress(text)?.description == full)
    }

    @Test(arguments: [
        "", "hub.example", "http://hub.example", "https://", "https://h:0", "https://h/enrol", "https://h:x",
    ])
    func `other doors are refused`(_ text: String) {
        #expect(DoorAddress(text) == nil)
    }

    @Test(arguments: [("1200", 1200), ("64KiB", 65_536), ("512MiB", 536_870_912), ("2GiB", 2_147_483_648)])
    func `sizes read back as they are written`(_ text: String, _ bytes: Int64) throws {
        let size = try #require(ByteSize(text))
        #expect(size.bytes == bytes)
        #expect(ByteSize(size.description) == size)
    }

    @Test(arguments: ["", "-1", "1.5MiB", "64KB", "64kib", "64 KiB", "KiB", "9223372036854775807KiB"])
    func `other sizes are refused`(_ text: String) {
        #expect(ByteSize(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:1883", "127.0.0.1", true), ("[::1]:1883", "::1", true), ("0.0.0.0:1883", "0.0.0.0", false),
        ("[::]:1883", "::", false), ("localhost:1883", "localhost", true), ("127.9.9.9:1883", "127.9.9.9", true),
        ("[fe80::1%eth0]:1883", "fe80::1%eth0", false),
    ])
    func `listen addresses are numeric`(_ text: String, _ host: String, _ loopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == 1883)
        #expect(address.isLoopback == loopback)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "1883", ":1883", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:1883", "[::1]",
        "[127.0.0.1]:1883", "300.0.0.1:1883", "hub.example.org:1883", "127.0.0.1:+1", "[::1:1883",
    ])
    func `other listen addresses are refused`(_ text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(arguments: [
        ("http://proxy:3128", "proxy:3128", nil), ("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080", nil),
        ("http://me:secret@proxy:3128", "proxy:3128", "me:secret"), ("http://a%40b:p%3A%2F@h:1", "h:1", "a@b:p:/"),
        ("http://me:@proxy:3128", "proxy:3128", "me:"), ("http://me:a@b:c@proxy:3128", "proxy:3128", "me:a@b:c"),
    ])
    func `a proxy is a URL, with or without a user`(_ text: String, _ address: String, _ credentials: String?) throws {
        let proxy = try #require(ProxyAddress(text))
        #expect(proxy.description == "http://" + address)
        #expect(proxy.credentials.map { String(decoding: $0, as: UTF8.self) } == credentials)
    }

    @Test(arguments: [
        "", "proxy:3128", "https://proxy:3128", "http://proxy", "http://proxy:0", "http://me@proxy:1", "http://:p@h:1",
        "http://a%3Ab:p@h:1", "http://me:p%0D%0A@h:1", "http://me:p%4@h:1", "http://h:1/path",
    ])
    func `other proxies are refused`(_ text: String) {
        #expect(ProxyAddress(text) == nil)
    }

    @Test(arguments: ["http://me:secret@proxy:x", "https://me:secret@proxy:1", "me:secret@proxy", "me:sec@ret://@h"])
    func `a refused proxy shows no password`(_ text: String) {
        let fault = #expect(throws: SettingFault.self) { try Settings.proxy.value(of: text) }
        #expect(fault?.description.contains("***@") == true)
        #expect(fault?.description.contains("sec") == false)
    }

    @Test(arguments: [
        ("*", ["*"]),
        ("https://panel.example, http://10.0.0.5:8080", ["https://panel.example", "http://10.0.0.5:8080"]),
        ("HTTP://[fe80::1]", ["http://[fe80::1]"]),
    ])
    func `origins are what browsers say`(_ text: String, _ origins: [String]) {
        #expect(WebOrigin.list(text) == origins)
    }

    @Test(arguments: [
        "", ",", "panel.example", "ws://panel.example", "https://panel.example/", "https://panel.example:443",
        "http://a:80", "*,https://a", "https://a b/", "null", "https://",
    ])
    func `what no browser says is refused`(_ text: String) {
        #expect(WebOrigin.list(text) == nil)
    }

    @Test func `hubs are a list of URLs`() throws {
        let hubs = try #require(
            HubAddress.list("ws://127.0.0.1:7480, wss://hub.example.org/bus,wss://[2001:db8::1]:443")
        )
        #expect(
            hubs.map(\.description) == [
                "ws://127.0.0.1:7480", "wss://hub.example.org:7480/bus", "wss://[2001:db8::1]:443",
            ]
        )
        #expect(hubs.map(\.secure) == [false, true, true])
    }

    @Test(arguments: [
        "", ",", "ws://", "ws://:7480", "http://h:1", "h:7480", "ws://h:0", "ws://h:7480,", "ws://h:7480/a b",
        "ws://[::1", "ws://-h:1", "ws://u@h:1",
    ])
    func `other hub lists are refused`(_ text: String) {
        #expect(HubAddress.list(text) == nil)
    }

    @Test func `a fault names the variable, the value and what is allowed`() {
        let fault = #expect(throws: SettingFault.self) { try Settings.mtu.value(of: "100") }
        #expect(fault?.description == "SLUICE_MTU=100 is not allowed: a whole number, 256 to 65000")
    }

    @Test(arguments: [
        ("SLUICE_MQT_LISTEN", "SLUICE_MQTT_LISTEN"), ("SLUICE_BUFFERMAX", "SLUICE_BUFFER_MAX"),
        ("SLUICE_HBU", "SLUICE_HUB"),
    ])
    func `an unknown variable names the nearest one`(_ typed: String, _ meant: String) {
        #expect(throws: SettingFault.unknown(name: typed, nearest: meant)) { try Settings.checkNames([typed, "PATH"]) }
    }

    @Test func `a variable like no other has no nearest one`() {
        #expect(throws: SettingFault.unknown(name: "SLUICE_XYZZY_PLUGH", nearest: nil)) {
            try Settings.checkNames(["SLUICE_XYZZY_PLUGH"])
        }
    }

    @Test func `variables of the other program are no fault`() throws {
        try Settings.checkNames(["SLUICE_HUB_LISTEN", "SLUICE_HUB", "HOME"])
    }

    @Test func `every default is allowed and every name is there once`() throws {
        #expect(Set(Settings.variables.map(\.name)).count == Settings.variables.count)
        _ = try Settings.mqttListen.value(of: "127.0.0.1:1883")
        for variable in Settings.variables { #expect(variable.name.hasPrefix(Settings.prefix)) }
    }
}
