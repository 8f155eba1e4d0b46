// SPDX-License-Identifier: Apache-2.0

package import Configuration
import Glibc
package import Keys
package import Settings
import Startup

/// Where a hub's sealing keys are.
package struct SealKeyStore: Sendable {
    package let path: String

    /// - Parameter file: what SLUICE_HUB_SEAL_KEY_FILE names; nil takes the state directory's.
    package init(file: String?, stateDirectory: String) {
        path = file ?? "\(stateDirectory)/\(SealKeys.fileName)"
    }

    package init(_ config: ConfigReader) throws(SettingFault) {
        self.init(
            file: try config.valueIfSet(Settings.hubSealKeyFile),
            stateDirectory: try config.value(Settings.hubStateDirectory)
        )
    }

    /// The keys, made where there are none yet.
    package func openOrMake() throws(KeyFault) -> SealKeys {
        try SealKeys(path: path, name: Self.hostName, makesKey: true)
    }

    /// The keys of a hub that has run before.
    package func open() throws(KeyFault) -> SealKeys { try SealKeys(path: path, name: Self.hostName, makesKey: false) }

    /// What people call the machine; keys have it as their name.
    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "hub" }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty || text.contains(" ") ? "hub" : text
    }
}
