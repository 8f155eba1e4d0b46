// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Broker
import Glibc
import Settings
import Startup

/// Which MQTT server `pub` and `sub` talk to.
struct MQTTEndpoint: ParsableArguments {
    @Option(name: .shortAndLong, help: "Server to connect to (default: where SLUICE_MQTT_LISTEN listens).")
    var host: String?

    @Option(name: .shortAndLong, help: "Its port (default: of SLUICE_MQTT_LISTEN, 1883); a hub's is 1884.")
    var port: Int?

    /// A client's configuration for it.
    func configuration(_ verb: String) throws -> MQTTClientConfiguration {
        let listen = try ProcessEnvironment.reader().value(Settings.mqttListen)
        var configuration = MQTTClientConfiguration(clientID: "sluice-\(verb)-\(getpid())")
        configuration.host = host ?? Self.reachable(listen.host)
        configuration.port = port ?? listen.port
        return configuration
    }

    /// Who listens on every address is reached on loopback.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }
}
