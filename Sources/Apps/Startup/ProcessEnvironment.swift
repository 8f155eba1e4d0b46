// SPDX-License-Identifier: Apache-2.0

package import Configuration
import FoundationEssentials
package import Settings

/// The environment that this process was started with.
package enum ProcessEnvironment {
    package static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// Reads settings from it, after checking their names.
    package static func reader() throws(SettingFault) -> ConfigReader {
        try ConfigReader(checking: variables)
    }
}
