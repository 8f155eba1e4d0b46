// SPDX-License-Identifier: Apache-2.0

import Broker
package import Configuration
import Enrolment
import Keys
import Reception
package import Settings
import Startup
import Storage

extension HubConfiguration {
    /// Reads and checks all of the hub's variables (`Settings.variables`); the first fault is thrown.
    package init(_ config: ConfigReader) throws(SettingFault) {
        self.init(log: HubLogConfiguration(directory: try config.value(Settings.hubStateDirectory)))
        let keep = try config.value(Settings.hubKeep)
        log.keepAge = keep.age
        log.keepBytes = keep.size?.bytes
        let listen = try config.value(Settings.hubListen)
        let mqttListen = try config.value(Settings.hubMQTTListen)
        let insecure = try config.value(Settings.insecure)
        let link = HubLinkFiles(
            certificate: try config.valueIfSet(Settings.hubTLSCertificateFile),
            key: try config.valueIfSet(Settings.hubTLSKeyFile),
            authorities: try config.valueIfSet(Settings.hubTLSClientAuthoritiesFile)
        )
        let enrolListen = try config.valueIfSet(Settings.hubEnrolListen)
        try Settings.checkHub(
            listen: listen,
            mqttListen: mqttListen,
            enrolListen: enrolListen,
            link: link,
            insecure: insecure
        )
        if let enrolListen {
            var door = EnrolmentDoor.Configuration(state: log.directory)
            door.host = enrolListen.host
            door.port = enrolListen.port
            self.door = door
        }
        if let certificate = link.certificate, let key = link.key {
            reception.tls = TLSFiles(
                prefix: "SLUICE_HUB_TLS",
                certificate: certificate,
                key: key,
                clientAuthorities: link.authorities
            )
        }
        sealKeyFile = try config.valueIfSet(Settings.hubSealKeyFile)
        requiresSealing = try config.value(Settings.hubSealed) == "required"
        stopTimeout = try config.value(Settings.stopTimeout)
        reception.host = listen.host
        reception.port = listen.port
        reception.insecure = insecure
        // Leaves time for the log to close after the last agent.
        reception.stopTimeout = stopTimeout * 0.8
        broker.host = mqttListen.host
        broker.port = mqttListen.port
        try setAccess(config, mqttListen)
        broker.stopTimeout = stopTimeout
        broker.maximumEventBytes = reception.maximumEventBytes
        signs = try config.value(Settings.provenance) == "on"
    }

    /// Subscribers are asked who they are as an agent's clients are.
    private mutating func setAccess(_ config: ConfigReader, _ listen: ListenAddress) throws(SettingFault) {
        broker.access.passwordFile = try config.valueIfSet(Settings.mqttPasswordFile)
        broker.access.listFile = try config.valueIfSet(Settings.mqttAccessFile)
        broker.access.allowsAnonymous = try config.value(Settings.mqttAnonymous)
        var doors = MQTTDoors([.init(Settings.hubMQTTListen, listen)])
        doors.passwordFile = broker.access.passwordFile
        doors.allowsAnonymous = broker.access.allowsAnonymous
        try doors.check()
    }
}
