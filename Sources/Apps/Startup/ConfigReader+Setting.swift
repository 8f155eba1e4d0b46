// SPDX-License-Identifier: Apache-2.0

package import Configuration
package import Settings

extension ConfigReader {
    /// Where a value came from.
    package enum Source: Equatable {
        case environment(String)
        case fallback

        /// The word that `config` shows.
        package var name: String {
            switch self {
            case .environment: "environment"
            case .fallback: "default"
            }
        }
    }

    /// Reads from environment variables, whose names are checked: one in no program's table refuses to start.
    ///
    /// An empty variable counts as not set, so that a line can be emptied in `/etc/default/sluice`.
    package init(checking environment: [String: String]) throws(SettingFault) {
        let set = environment.filter { !$0.value.isEmpty }
        try Settings.checkNames(set.keys)
        self.init(provider: EnvironmentVariablesProvider(environmentVariables: set))
    }

    /// A setting's value, from the environment or by default.
    package func value<Value>(_ setting: Setting<Value>) throws(SettingFault) -> Value {
        try setting.value(of: text(of: setting.variable)?.text ?? "")
    }

    /// A setting's value, or nil when it is not set and has no default.
    package func valueIfSet<Value>(_ setting: Setting<Value>) throws(SettingFault) -> Value? {
        guard let text = text(of: setting.variable)?.text else { return nil }
        return try setting.value(of: text)
    }

    /// A variable's text as the user wrote it, or its default, and where it came from; nil when there is neither.
    package func text(of variable: Variable) -> (text: String, source: Source)? {
        if let text = environmentText(variable.name) { return (text, .environment(variable.name)) }
        switch variable.fallback {
        case .text(let text):
            return (text, .fallback)
        case .none:
            return nil
        case .variable(let name, let text):
            // systemd separates several directories by colons (systemd.exec(5), StateDirectory=).
            guard let first = environmentText(name)?.split(separator: ":").first else { return (text, .fallback) }
            return (String(first), .environment(name))
        }
    }

    private func environmentText(_ name: String) -> String? {
        string(forKey: ConfigKey(name.lowercased().split(separator: "_").map(String.init)))
    }
}
