// SPDX-License-Identifier: Apache-2.0

import Configuration
import Enrolment
import Keys
import Settings
import Startup
import Uplink

extension UplinkConfiguration {
    /// Reads `SLUICE_HUB` and what says how to know one by TLS, `SLUICE_PROXY`, `SLUICE_INSECURE`, `SLUICE_MTU`,
    /// `SLUICE_LINGER`, `SLUICE_DRAIN`, `SLUICE_PRIMER`, `SLUICE_LINK_TIMEOUT` and `SLUICE_STOP_TIMEOUT`.
    init(_ config: ConfigReader) throws(SettingFault) {
        self.init()
        hubs = (try config.valueIfSet(Settings.hub) ?? []).map { hub in
            Hub(host: hub.address.host, port: hub.address.port, secure: hub.secure, path: hub.path)
        }
        mtu = try config.value(Settings.mtu)
        linger = try config.value(Settings.linger)
        drain = DrainOrder(rawValue: try config.value(Settings.drain)) ?? .ordered
        primers.bytes = Int(try config.value(Settings.primer).bytes)
        linkTimeout = try config.value(Settings.linkTimeout)
        insecure = try config.value(Settings.insecure)
        trust.authorities = try config.valueIfSet(Settings.hubCAFile)
        trust.pins = try config.valueIfSet(Settings.hubPin) ?? []
        if let certificate = try config.valueIfSet(Settings.hubCertificateFile),
            let key = try config.valueIfSet(Settings.hubKeyFile)
        {
            own = TLSFiles(prefix: "SLUICE_HUB", certificate: certificate, key: key)
        }
        useIdentity(IdentityFiles(state: try config.value(Settings.stateDirectory)))
        proxy = try config.valueIfSet(Settings.proxy).map { proxy in
            Proxy(host: proxy.address.host, port: proxy.address.port, credentials: proxy.credentials)
        }
        stopTimeout = try config.value(Settings.stopTimeout)
    }

    /// What `sluice keys enrol` has got holds where no variable says otherwise.
    private mutating func useIdentity(_ files: IdentityFiles) {
        guard hubs.contains(where: \.secure) else { return }
        if own == nil, IdentityFiles.exists(files.identity) {
            own = TLSFiles(prefix: "SLUICE_HUB", certificate: files.identity.path, key: files.identity.path)
        }
        if trust == .init(), IdentityFiles.exists(files.authority) { trust.authorities = files.authority.path }
    }
}
