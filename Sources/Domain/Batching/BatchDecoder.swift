// SPDX-License-Identifier: Apache-2.0

package import Events

/// Opens batches: what comes out is byte for byte what went in.
package struct BatchDecoder: ~Copyable {
    package init() {}

    /// What a batch says of itself in its header, without decoding the events.
    package struct Header: Sendable, Equatable {
        package var firstSequence: UInt64
        package var count: Int
    }

    /// Reads only the header.
    package func header(_ batch: RawSpan) throws(BatchFault) -> Header {
        throw .unsupported("")
    }

    /// Decodes all events and appends them to `block`, with sequences from the header.
    ///
    /// - Parameter maximumBytes: decoded bytes beyond this are refused before they are allocated.
    package mutating func decode(_ batch: RawSpan, maximumBytes: Int, into block: inout EventBlock) throws(BatchFault) {
        throw .unsupported("")
    }
}
