// SPDX-License-Identifier: Apache-2.0

import Configuration
import Events
import Settings
import Startup
import Storage

extension StoreConfiguration {
    /// Reads `SLUICE_STATE_DIR`, `SLUICE_NODE`, `SLUICE_BUFFER_MAX`, `SLUICE_BUFFER_MAX_AGE`, `SLUICE_COMMIT_INTERVAL`,
    /// `SLUICE_PARTITIONS` and, for the fingerprint of the routing, `SLUICE_FORWARD`.
    init(_ config: ConfigReader) throws(SettingFault) {
        self.init(directory: try config.value(Settings.stateDirectory))
        node = try config.valueIfSet(Settings.node)
        maximumBytes = try config.value(Settings.bufferMaximum).bytes
        commitInterval = try config.value(Settings.commitInterval)
        maximumAge = try config.valueIfSet(Settings.bufferMaximumAge)
        let slots = try config.value(Settings.partitions)
        partitions = UInt32(slots)
        routingFingerprint = "\(slots) \(try config.value(Settings.forward).text)"
    }
}
