// SPDX-License-Identifier: Apache-2.0

/// A piece of an encoded frame that is longer than one message should be.
///
/// ```
/// +----------+--------+-------+-------------------+
/// | assembly | offset | total | bytes, to the end |
/// +----------+--------+-------+-------------------+
/// ```
/// The parts of an assembly come in order; frames that are not parts may come between them.
package struct Part: Sendable, Equatable {
    /// Counts the assemblies of a connection; a new number drops an unfinished one.
    package var assembly: UInt64
    package var offset: UInt64
    /// Length of the whole encoded frame.
    package var total: UInt64
    package var bytes: [UInt8]

    package init(assembly: UInt64, offset: UInt64, total: UInt64, bytes: [UInt8]) {
        self.assembly = assembly
        self.offset = offset
        self.total = total
        self.bytes = bytes
    }
}
