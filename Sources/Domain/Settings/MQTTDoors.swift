// SPDX-License-Identifier: Apache-2.0

/// Where MQTT clients come in and how they are asked who they are, as it is set.
package struct MQTTDoors: Sendable {
    /// One listener beside unix sockets.
    package struct Door: Sendable {
        package var variable: String
        package var address: ListenAddress
        package var usesTLS: Bool

        package init(_ setting: Setting<ListenAddress>, _ address: ListenAddress, usesTLS: Bool = false) {
            variable = setting.name
            self.address = address
            self.usesTLS = usesTLS
        }
    }

    package var doors: [Door]
    package var certificateFile: String?
    package var keyFile: String?
    package var clientAuthoritiesFile: String?
    package var passwordFile: String?
    package var allowsAnonymous = false

    package init(_ doors: [Door]) {
        self.doors = doors
    }

    /// Throws where settings that are each allowed contradict each other.
    package func check() throws(SettingFault) {
        try checkAddresses()
        try checkTLS()
        for door in doors where !door.address.isLoopback && !allowsAnonymous {
            let asks = passwordFile != nil || (door.usesTLS && clientAuthoritiesFile != nil)
            guard !asks else { continue }
            throw .contradiction(
                name: door.variable,
                value: door.address.description,
                other: Settings.mqttAnonymous.name,
                otherValue: "0",
                allowed: "listen on 127.0.0.1 or [::1], set \(Settings.mqttPasswordFile.name)"
                    + (door.usesTLS ? " or \(Settings.mqttClientAuthoritiesFile.name)" : "")
                    + ", or set \(Settings.mqttAnonymous.name)=1 to let anyone in"
            )
        }
    }

    private func checkAddresses() throws(SettingFault) {
        for (index, door) in doors.enumerated() where door.address.port != 0 {
            guard let other = doors[..<index].first(where: { $0.address == door.address }) else { continue }
            throw .contradiction(
                name: door.variable,
                value: door.address.description,
                other: other.variable,
                otherValue: other.address.description,
                allowed: "two listeners need two ports"
            )
        }
    }

    private func checkTLS() throws(SettingFault) {
        let files = [
            (Settings.mqttCertificateFile.name, certificateFile), (Settings.mqttKeyFile.name, keyFile),
            (Settings.mqttClientAuthoritiesFile.name, clientAuthoritiesFile),
        ]
        if let door = doors.first(where: \.usesTLS) {
            for (name, path) in files.prefix(2) where path == nil {
                throw .contradiction(
                    name: door.variable,
                    value: door.address.description,
                    other: name,
                    otherValue: "",
                    allowed: "TLS needs a certificate and its key: set \(files[0].0) and \(files[1].0)"
                )
            }
        } else {
            for case (let name, let path?) in files {
                throw .contradiction(
                    name: name,
                    value: path,
                    other: Settings.mqttTLSListen.name,
                    otherValue: "",
                    allowed:
                        "no listener uses TLS: set \(Settings.mqttTLSListen.name) or \(Settings.mqttWSSListen.name), "
                        + "or leave the file out"
                )
            }
        }
    }
}
