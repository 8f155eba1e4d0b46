// SPDX-License-Identifier: Apache-2.0

/// What came of one check, in words for whoever runs the machine.
package struct Finding: Sendable, Equatable {
    package enum Level: String, Sendable, Comparable, CaseIterable {
        case ok
        case warn
        case fail = "FAIL"

        package static func < (left: Level, right: Level) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    package var level: Level
    /// The name of the check, for scripts.
    package var check: String
    /// What was found.
    package var what: String
    /// What to do about it; nil where nothing is to be done.
    package var advice: String?

    package init(_ level: Level, _ check: String, _ what: String, advice: String? = nil) {
        self.level = level
        self.check = check
        self.what = what
        self.advice = advice
    }
}
