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

    @Option(name: .shortAndLong, help: "User name; its password is what the variable MQTT_PASSWORD holds.")
    var user: String?

    /// A client's configuration for it.
    func configuration(_ verb: String) throws -> MQTTClientConfiguration {
        let listen = try ProcessEnvironment.reader().value(Settings.mqttListen)
        var configuration = MQTTClientConfiguration(clientID: "sluice-\(verb)-\(getpid())")
        configuration.host = host ?? Self.reachable(listen.host)
        configuration.port = port ?? listen.port
        configuration.userName = user
        // Not an option: everybody on a machine sees the command lines of all.
        configuration.password = user == nil ? nil : getenv("MQTT_PASSWORD").map { Array(String(cString: $0).utf8) }
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
