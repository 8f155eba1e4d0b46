// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a batch, or not one that this program can open.
package enum BatchFault: Error, Equatable, Sendable {
    /// Ends before it should, or a field contradicts another.
    case malformed(String)
    /// A version, mode or primer that this program does not know.
    case unsupported(String)
    /// Would need more than the bounds allow.
    case tooLarge(String)
    /// Builds on a primer that is not at hand.
    case primerWanted(PrimerIdentifier)
}
