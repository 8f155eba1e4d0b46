// SPDX-License-Identifier: Apache-2.0

/// What one side of the link between agents and hubs shows and trusts, as it is set.
package struct HubLinkFiles: Sendable {
    package var certificate: String?
    package var key: String?
    /// Of an agent: what it trusts; of a hub: whose agents may come.
    package var authorities: String?
    package var pins: [String]?

    package init(certificate: String?, key: String?, authorities: String?, pins: [String]? = nil) {
        self.certificate = certificate
        self.key = key
        self.authorities = authorities
        self.pins = pins
    }

    /// Throws where an agent's contradict each other or its hubs.
    func check(hubs: [HubAddress]) throws(SettingFault) {
        let set = [
            (Settings.hubCAFile.name, authorities), (Settings.hubPin.name, pins?.joined(separator: ",")),
            (Settings.hubCertificateFile.name, certificate), (Settings.hubKeyFile.name, key),
        ]
        if !hubs.contains(where: \.secure) {
            for case (let name, let value?) in set {
                throw .contradiction(
                    name: name,
                    value: value,
                    other: Settings.hub.name,
                    otherValue: hubs.map(\.description).joined(separator: ","),
                    allowed: "certificates are for wss:// hubs: use wss:// or leave it out"
                )
            }
        }
        try checkPair(Settings.hubCertificateFile.name, Settings.hubKeyFile.name)
    }

    /// Throws where a hub's contradict each other.
    func checkHub() throws(SettingFault) {
        try checkPair(Settings.hubTLSCertificateFile.name, Settings.hubTLSKeyFile.name)
        guard let authorities, certificate == nil else { return }
        throw .contradiction(
            name: Settings.hubTLSClientAuthoritiesFile.name,
            value: authorities,
            other: Settings.hubTLSCertificateFile.name,
            otherValue: "",
            allowed: "agents show certificates over TLS only: set \(Settings.hubTLSCertificateFile.name) and "
                + "\(Settings.hubTLSKeyFile.name), too"
        )
    }

    private func checkPair(_ certificateName: String, _ keyName: String) throws(SettingFault) {
        guard (certificate == nil) != (key == nil) else { return }
        let (there, missing) = certificate == nil ? (keyName, certificateName) : (certificateName, keyName)
        throw .contradiction(
            name: there,
            value: certificate ?? key ?? "",
            other: missing,
            otherValue: "",
            allowed: "a certificate and its key go together: set \(missing), too"
        )
    }
}
