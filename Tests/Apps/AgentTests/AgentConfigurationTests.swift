// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import Configuration
import Events
import Keys
import Settings
import Startup
import Storage
import Testing
import Uplink

@Suite struct AgentConfigurationTests {
    private func read(_ environment: [String: String]) throws -> AgentConfiguration {
        try AgentConfiguration(ConfigReader(checking: environment))
    }

    @Test func `one line is a configuration`() throws {
        let configuration = try read(["SLUICE_HUB": "ws://127.0.0.1:7480"])
        #expect(configuration.uplink.hubs == [.init(host: "127.0.0.1", port: 7480)])
        #expect(configuration.store.directory == "/var/lib/sluice")
        #expect(configuration.store.maximumBytes == 512 << 20)
        #expect(configuration.broker.port == 1883)
        #expect(configuration.broker.maximumEventBytes == 256 << 10)
        #expect(configuration.uplink.mtu == 1200)
        #expect(configuration.uplink.linger == .milliseconds(20))
        #expect(configuration.uplink.drain == .ordered)
        #expect(try read(["SLUICE_DRAIN": "live-first"]).uplink.drain == .liveFirst)
        #expect(configuration.uplink.linkTimeout == .seconds(10))
        #expect(configuration.stopTimeout == .seconds(5))
        #expect(configuration.forward == .all)
    }

    @Test func `no line is a configuration that buffers`() throws {
        #expect(try read([:]).uplink.hubs.isEmpty)
    }

    @Test(arguments: [
        (["SLUICE_EVENT_MAX": "1MiB", "SLUICE_BUFFER_MAX": "4MiB"], "SLUICE_EVENT_MAX"),
        (["SLUICE_EVENT_MAX": "1MiB", "SLUICE_BUFFER_MAX": "8MiB", "SLUICE_MTU": "1400"], nil),
        (["SLUICE_EVENT_MAX": "1025KiB"], "SLUICE_EVENT_MAX"),
        (["SLUICE_HUB": "ws://192.0.2.1:7480"], "SLUICE_HUB"),
        (["SLUICE_HUB": "ws://192.0.2.1:7480", "SLUICE_INSECURE": "1"], nil),
        (["SLUICE_HUB": "wss://192.0.2.1:7480"], nil),
        (["SLUICE_HUB": "wss://192.0.2.1:7480,ws://hub:1"], "SLUICE_HUB"),
        (["SLUICE_HUB": "ws://[::1]:7480"], nil),
        (["SLUICE_HUB_CA_FILE": "/etc/ca.pem"], "SLUICE_HUB_CA_FILE"),
        (["SLUICE_HUB_CA_FILE": "ca.pem", "SLUICE_HUB": "wss://h"], "SLUICE_HUB_CA_FILE"),
        (["SLUICE_HUB": "wss://h", "SLUICE_PROXY": "http://me:secret@192.0.2.9:3128"], nil),
        (["SLUICE_HUB": "ws://127.0.0.1:1", "SLUICE_PROXY": "http://127.0.0.1:3128"], nil),
        (["SLUICE_HUB": "ws://127.0.0.1:1", "SLUICE_PROXY": "http://192.0.2.9:3128"], "SLUICE_HUB"),
        (["SLUICE_HUB": "ws://127.0.0.1:1", "SLUICE_PROXY": "http://192.0.2.9:1", "SLUICE_INSECURE": "1"], nil),
        (["SLUICE_HUB": "wss://h", "SLUICE_PROXY": "socks5://192.0.2.9:1080"], "SLUICE_PROXY"),
        (["SLUICE_MQTT_LISTEN": "0.0.0.0:1883"], "SLUICE_MQTT_LISTEN"),
        (["SLUICE_MQTT_LISTEN": "0.0.0.0:1883", "SLUICE_INSECURE": "1"], "SLUICE_MQTT_LISTEN"),
        (["SLUICE_MQTT_LISTEN": "0.0.0.0:1883", "SLUICE_MQTT_ANONYMOUS": "1"], nil),
        (["SLUICE_MQTT_LISTEN": "0.0.0.0:1883", "SLUICE_MQTT_PASSWORD_FILE": "/etc/p"], nil),
        (["SLUICE_MQTT_WS_LISTEN": "0.0.0.0:8080"], "SLUICE_MQTT_WS_LISTEN"),
        (["SLUICE_MQTT_WS_LISTEN": "127.0.0.1:1883"], "SLUICE_MQTT_WS_LISTEN"),
        (["SLUICE_MQTT_TLS_LISTEN": "127.0.0.1:8883"], "SLUICE_MQTT_TLS_LISTEN"),
        (["SLUICE_MQTT_TLS_CERT_FILE": "/c"], "SLUICE_MQTT_TLS_CERT_FILE"),
        (["SLUICE_MQTT_SOCKET": "mqtt.sock"], "SLUICE_MQTT_SOCKET"),
        (["SLUICE_MQTT_SOCKET": "/run/" + String(repeating: "x", count: 103)], "SLUICE_MQTT_SOCKET"),
        (["SLUICE_MTU": "100"], "SLUICE_MTU"),
        (["SLUICE_PARTITIONS": "0"], "SLUICE_PARTITIONS"),
        (["SLUICE_FORWARD": "a/#=urgent"], "SLUICE_FORWARD"),
        (["SLUICE_LINGER": "20"], "SLUICE_LINGER"),
        (["SLUICE_DRAIN": "newest"], "SLUICE_DRAIN"),
        (["SLUICE_INSECURE": "yes"], "SLUICE_INSECURE"),
        (["SLUICE_STATE_DIR": "var/lib"], "SLUICE_STATE_DIR"),
        (["SLUICE_NODE": "a b"], "SLUICE_NODE"),
        (["SLUICE_STOP_TIMEOUT": "5"], "SLUICE_STOP_TIMEOUT"),
    ])
    func `what contradicts or is out of bounds refuses to start`(
        _ environment: [String: String],
        _ named: String?
    ) throws {
        guard let named else {
            _ = try read(environment)
            return
        }
        let fault = try #require(throws: SettingFault.self) { try read(environment) }
        #expect(fault.description.hasPrefix(named + "="))
    }

    @Test func `listeners beyond loopback ask who clients are`() throws {
        var environment = [
            "SLUICE_MQTT_TLS_LISTEN": "0.0.0.0:8883", "SLUICE_MQTT_WSS_LISTEN": "127.0.0.1:8443",
            "SLUICE_MQTT_TLS_CERT_FILE": "/c", "SLUICE_MQTT_TLS_KEY_FILE": "/k", "SLUICE_MQTT_SOCKET": "/run/s",
        ]
        let fault = #expect(throws: SettingFault.self) { try read(environment) }
        #expect(fault?.description.contains("SLUICE_MQTT_TLS_CLIENT_CA_FILE, or set SLUICE_MQTT_ANONYMOUS=1") == true)
        environment["SLUICE_MQTT_TLS_CLIENT_CA_FILE"] = "/ca"
        let broker = try read(environment).broker
        #expect(broker.tls == TLSFiles(certificate: "/c", key: "/k", clientAuthorities: "/ca"))
        #expect(
            broker.listeners == [
                .init(.address(host: "0.0.0.0", port: 8883), usesTLS: true, variable: "SLUICE_MQTT_TLS_LISTEN"),
                .init(
                    .address(host: "127.0.0.1", port: 8443),
                    usesTLS: true,
                    usesWebSocket: true,
                    variable: "SLUICE_MQTT_WSS_LISTEN"
                ),
                .init(.socket(path: "/run/s"), variable: "SLUICE_MQTT_SOCKET"),
            ]
        )
    }

    @Test(arguments: [
        (["SLUICE_HUB_CERT_FILE": "/c"], "SLUICE_HUB_CERT_FILE=/c"),
        (["SLUICE_HUB_KEY_FILE": "/k"], "SLUICE_HUB_KEY_FILE=/k"),
        (["SLUICE_HUB_PIN": "sha256/x"], "SLUICE_HUB_PIN=sha256/x"),
        (["SLUICE_HUB_PIN": "sha256/" + String(repeating: "?", count: 43) + "="], "SLUICE_HUB_PIN="),
        (["SLUICE_HUB": "ws://127.0.0.1:1", "SLUICE_HUB_PIN": pin], "SLUICE_HUB_PIN=\(pin)"),
        (["SLUICE_HUB": "ws://127.0.0.1:1", "SLUICE_HUB_CA_FILE": "/ca"], "SLUICE_HUB_CA_FILE=/ca"),
    ])
    func `what says how to know a hub goes together or is refused`(_ environment: [String: String], _ named: String) {
        let fault = #expect(throws: SettingFault.self) {
            try read(["SLUICE_HUB": "wss://hub:1"].merging(environment) { $1 })
        }
        #expect(fault?.description.hasPrefix(named) == true, "\(fault?.description ?? "")")
    }

    private static let pin = "sha256/" + String(repeating: "A", count: 43) + "="

    @Test func `pins may be written as curl does`() throws {
        let written = "sha256//\(Self.pin.dropFirst(7)), \(Self.pin)"
        let uplink = try read(["SLUICE_HUB": "wss://hub:1", "SLUICE_HUB_PIN": written]).uplink
        #expect(uplink.trust.pins == [Self.pin, Self.pin])
    }

    @Test func `an event may not take more than an eighth of the buffer`() throws {
        let fault = #expect(throws: SettingFault.self) {
            try Settings.checkAgent(
                hubs: [],
                link: HubLinkFiles(certificate: nil, key: nil, authorities: nil),
                eventMaximum: ByteSize(bytes: 1 << 20),
                bufferMaximum: ByteSize(bytes: 4 << 20),
                insecure: false
            )
        }
        #expect(fault?.description.contains("SLUICE_BUFFER_MAX=4MiB") == true)
    }
}
