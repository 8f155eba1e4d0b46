// SPDX-License-Identifier: Apache-2.0

/// Where in a batch something is wrong.
package enum BatchPlace: Sendable, Equatable {
    case header
    /// The tables or rows are compressed, and this byte of the batch is where they begin.
    case frame(byte: Int)
    /// What the batch brings of topics, templates and texts, from this byte of the batch on.
    case tables(byte: Int)
    /// An event, counted from one, at this byte of the batch.
    case event(Int, byte: Int)
    /// An event, counted from one, at this byte of the rows once they are unpacked.
    case unpackedEvent(Int, byte: Int)
}

extension BatchPlace: CustomStringConvertible {
    package var description: String {
        switch self {
        case .header: "in the header"
        case .frame(let byte): "in the zstd frame from byte \(byte) on"
        case .tables(let byte): "in the tables from byte \(byte) on"
        case .event(let number, let byte): "in event \(number), at byte \(byte)"
        case .unpackedEvent(let number, let byte): "in event \(number), at byte \(byte) of the unpacked rows"
        }
    }
}
