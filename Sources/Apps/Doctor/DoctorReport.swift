// SPDX-License-Identifier: Apache-2.0

import Startup

/// All findings, for people and for scripts.
package struct DoctorReport: Sendable, Equatable {
    package var findings: [Finding]

    package init(_ findings: [Finding]) {
        self.findings = findings
    }

    /// The worst of them.
    package var level: Finding.Level { findings.map(\.level).max() ?? .ok }

    /// How the program ends: 1 when anything failed.
    package var exitCode: Int32 { level == .fail ? ProgramExit.failure : 0 }

    /// One line per check.
    package var text: String {
        findings.map { finding in
            let level = finding.level.rawValue
            let line = level + String(repeating: " ", count: 6 - level.count) + finding.what
            return finding.advice.map { "\(line)  - \($0)" } ?? line
        }.joined(separator: "\n")
    }

    /// One object.
    package var json: String {
        let items = findings.map { finding in
            JSONText.object([
                ("check", JSONText.string(finding.check)),
                ("level", JSONText.string(Self.word(finding.level))),
                ("what", JSONText.string(finding.what)),
                ("advice", finding.advice.map { JSONText.string($0) } ?? "null"),
            ])
        }
        return JSONText.object([
            ("result", JSONText.string(Self.word(level))), ("findings", JSONText.array(items)),
        ])
    }

    private static func word(_ level: Finding.Level) -> String { level.rawValue.lowercased() }
}
