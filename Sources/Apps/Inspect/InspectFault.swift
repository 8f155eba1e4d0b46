// SPDX-License-Identifier: Apache-2.0

package import Batching

/// Why a file cannot be explained.
package enum InspectFault: Error, Equatable, Sendable {
    case damaged(file: String, BatchDamage)
    /// A file that was given as a primer is a batch, but none that can be one.
    case noPrimer(file: String)
    /// The batch builds on a primer that was not given.
    case primerMissing(file: String, PrimerIdentifier, given: [PrimerIdentifier])
}

extension InspectFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let file, let damage): return "\(file): \(damage)"
        case .noPrimer(let file): return "\(file): a batch, but no primer that a batch could build on"
        case .primerMissing(let file, let identifier, let given):
            let others =
                given.isEmpty
                ? "none was given" : "given: \(given.map(\.description).joined(separator: ", "))"
            return "\(file): builds on primer \(identifier); \(others). The hub that took it has it: "
                + "`sluice-hub export --raw DIR` writes DIR/NODE-\(identifier).primer; name that file with --primer"
        }
    }
}
