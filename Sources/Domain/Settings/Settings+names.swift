// SPDX-License-Identifier: Apache-2.0

extension Settings {
    /// What every variable's name begins with; switches of tests never do.
    package static let prefix = "SLUICE_"

    /// Refuses names with the prefix that are in neither program's table: a mistyped variable must not pass for unset.
    package static func checkNames(_ names: some Sequence<String>) throws(SettingFault) {
        let known = Set(variables.map(\.name))
        for name in names.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
            throw .unknown(name: name, nearest: nearest(to: name))
        }
    }

    /// The known name that takes the fewest edits, or nil when none is near.
    static func nearest(to name: String) -> String? {
        let typed = name.dropFirst(prefix.count)
        let candidates = variables.map { variable in
            (variable.name, editDistance(typed, variable.name.dropFirst(prefix.count)))
        }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= max(2, typed.count / 3) else { return nil }
        return best.0
    }

    /// Insertions, deletions, substitutions (Wagner and Fischer 1974).
    private static func editDistance(_ left: Substring, _ right: Substring) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
