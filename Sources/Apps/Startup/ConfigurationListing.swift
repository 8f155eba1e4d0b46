// SPDX-License-Identifier: Apache-2.0

package import Configuration
package import Settings

/// Every variable with its value, its default, where the value came from and what it means: what `config` prints.
package struct ConfigurationListing: Equatable {
    /// One variable.
    package struct Row: Equatable {
        package var name: String
        package var program: String
        /// Nil where nothing is set and the default is found out at start.
        package var value: String?
        package var fallback: String
        package var source: String
        package var meaning: String
    }

    package var rows: [Row]

    /// Lists the variables of `program`, or of both.
    package init(_ config: ConfigReader, program: Variable.Program = .both) {
        rows = Settings.variables.filter { program == .both || $0.program.includes(program) }.map { variable in
            let found = config.text(of: variable)
            return Row(
                name: variable.name,
                program: variable.program.rawValue,
                value: found.map { variable.shown($0.text) },
                fallback: variable.fallback.description,
                source: (found?.source ?? .fallback).name,
                meaning: variable.meaning
            )
        }
    }

    /// A table for people.
    package var table: String {
        var lines: [String] = []
        for row in rows {
            let value = row.value ?? "(\(row.fallback))"
            lines.append("\(padded(row.name, 30)) \(padded(value, 30)) \(row.source)")
            lines.append("    \(row.meaning) [\(row.program); default: \(row.fallback)]")
        }
        return lines.joined(separator: "\n")
    }

    /// One JSON array, for scripts.
    package var json: String {
        let items = rows.map { row in
            JSONText.object([
                ("name", JSONText.string(row.name)),
                ("value", row.value.map(JSONText.string) ?? "null"),
                ("default", JSONText.string(row.fallback)),
                ("source", JSONText.string(row.source)),
                ("program", JSONText.string(row.program)),
                ("meaning", JSONText.string(row.meaning)),
            ])
        }
        return "[" + items.joined(separator: ",\n ") + "]"
    }

    /// The README's table.
    package static var markdown: String {
        var lines = ["| variable | read by | default | meaning |", "|---|---|---|---|"]
        for variable in Settings.variables {
            let fallback: String
            switch variable.fallback {
            case .text(let text): fallback = "`\(text)`"
            case .none(let words): fallback = words
            case .variable(let name, let text): fallback = "`$\(name)`, else `\(text)`"
            }
            lines.append("| `\(variable.name)` | \(variable.program.rawValue) | \(fallback) | \(variable.meaning) |")
        }
        return lines.joined(separator: "\n")
    }

    /// The file that a package installs for the service manager: every variable of `program`, none of them set.
    ///
    /// What it says is read by systemd (systemd.exec(5), EnvironmentFile=) and by a shell alike.
    package static func environmentFile(of program: Variable.Program) -> String {
        let name = program.rawValue
        let begin = """
            # Settings of \(name), read by systemd when the service starts. Remove the # before a NAME to set it.
            # Show what would hold, and check it:  (set -a; . /etc/default/\(name); \(name) config)
            # Put it into effect:                  systemctl restart \(name)
            """
        let blocks = Settings.variables.filter { $0.program.includes(program) }.map { variable in
            var lines = ["# \(variable.meaning)", "# allowed: \(variable.allowed)"]
            switch variable.fallback {
            case .text(let text):
                lines.append("# default: \(text)")
                lines.append("#\(variable.name)=\(text.allSatisfy(isPlain) ? text : "\"\(text)\"")")
            case .none(let words):
                lines.append("# default: \(words)")
                lines.append("#\(variable.name)=")
            case .variable(_, let text):
                lines.append("# default: \(text)")
                lines.append("#\(variable.name)=\(text)")
            }
            return lines.joined(separator: "\n")
        }
        return ([begin] + blocks).joined(separator: "\n\n")
    }

    /// Means the same with and without quotes.
    private static func isPlain(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || ".:,/-_".contains(character)
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
