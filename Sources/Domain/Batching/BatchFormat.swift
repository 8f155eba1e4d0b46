// SPDX-License-Identifier: Apache-2.0

/// The constants of the wire format; BatchFormat.md draws it.
enum BatchFormat {
    /// The high half of the first byte.
    static let version: UInt8 = 1
    /// Events of one batch at most, so that no few bytes unfold into millions of empty events.
    static let maximumEvents = 4_096
    /// Shapes of payload of a primer at most, and those that a batch brings on top.
    static let maximumPrimerTemplates = 1_000
    static let maximumNewTemplates = 256
    /// Topics of a primer at most.
    static let maximumPrimerTopics = 4_095
    /// Slots of one template at most; what follows is one text slot.
    static let maximumSlots = 255
    /// Cells of a batch at most, those of its primer included.
    static let maximumCells = 49_152
    /// Cells of a primer at most: what is left is enough for any one event.
    static let maximumPrimerCells = 16_384
    /// Bytes of one hexadecimal or binary slot at most.
    static let maximumFixedBytes = 64
    /// Longer texts do not enter the dictionary.
    static let maximumDictionaryText = 64
    /// References below this number name a level of the topic, counted from its end.
    static let topicLevels = 4
    /// Bytes at the end of a topic in which its levels are looked for.
    static let maximumLevelBytes = 256
    /// Set in the first byte where the body builds on a primer, whose identifier ends the header.
    static let primerFlag: UInt8 = 8

    /// What lies behind the header: the low three bits of the first byte; 4 is kept for a range-coded body.
    enum Mode: UInt8 {
        case rows = 0
        case compressedRows = 1
        case columns = 2
        case compressedColumns = 3

        var isColumns: Bool { self == .columns || self == .compressedColumns }
        var isCompressed: Bool { self == .compressedRows || self == .compressedColumns }
    }
}
