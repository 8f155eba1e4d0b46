// SPDX-License-Identifier: Apache-2.0

/// Verifier keys in a text file: one a line; empty lines and those that begin with `#` are for people.
///
/// Lines that begin with `sluice-seal-1` and a blank hold keys to seal for, which `sluice-hub keys` prints, too.
package struct KeyList: Sendable {
    /// A line is not what it should be.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        /// The first line is 1.
        package var line: Int

        package var description: String {
            "line \(line) is no verifier key (name+key ID+base64): correct or remove it"
        }
    }

    package let keys: [VerifierKey]

    package init(text: String) throws(Fault) {
        var keys: [VerifierKey] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            // First, as a name may begin like a comment; in a key that was commented out, name and ID do not fit.
            if let key = VerifierKey(text: line) {
                keys.append(key)
            } else if !line.isEmpty, !line.hasPrefix("#"), !line.hasPrefix("sluice-seal-1 ") {
                throw Fault(line: index + 1)
            }
        }
        self.keys = keys
    }
}
