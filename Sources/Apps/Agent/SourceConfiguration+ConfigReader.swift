// SPDX-License-Identifier: Apache-2.0

import Broker
import Configuration
import Events
import Settings
import Startup

extension SourceConfiguration {
    /// Reads `SLUICE_SOURCE` and all that begin with it, `SLUICE_FORWARD` and `SLUICE_EVENT_MAX`; nil without a source.
    static func read(_ config: ConfigReader) throws(SettingFault) -> SourceConfiguration? {
        let userName = try config.valueIfSet(Settings.sourceUser)
        let passwordFile = try config.valueIfSet(Settings.sourcePasswordFile)
        let caFile = try config.valueIfSet(Settings.sourceCAFile)
        let topics = try config.valueIfSet(Settings.sourceTopics)
        let source = try config.valueIfSet(Settings.source)
        try Settings.checkSource(
            source,
            caFile: caFile,
            others: [
                (Settings.sourceUser.name, userName), (Settings.sourcePasswordFile.name, passwordFile),
                (Settings.sourceTopics.name, topics?.map(\.text).joined(separator: ",")),
            ],
            insecure: try config.value(Settings.insecure)
        )
        guard let source else { return nil }
        let forwarded = try config.value(Settings.forward).rules.map(\.filter)
        var configuration = SourceConfiguration(
            host: source.address.host,
            port: source.address.port,
            filters: topics ?? forwarded
        )
        configuration.usesTLS = source.secure
        configuration.caFile = caFile
        configuration.userName = userName
        configuration.passwordFile = passwordFile
        configuration.maximumEventBytes = Int(try config.value(Settings.eventMaximum).bytes)
        return configuration
    }
}
