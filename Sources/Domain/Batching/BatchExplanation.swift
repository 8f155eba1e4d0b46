// SPDX-License-Identifier: Apache-2.0

/// What a batch consists of, to the bit: for people who want to know where their bytes go.
package struct BatchExplanation: Sendable, Equatable {
    /// A topic that the batch brings, or that its primer brought and its events have.
    package struct Topic: Sendable, Equatable {
        /// As it is, but for what is no UTF-8 or a control character.
        package var name: String
        package var isOfPrimer: Bool
        package var events: Int
    }

    /// A shape of payload that the batch brings, or that its primer brought and its events have.
    package struct Template: Sendable, Equatable {
        /// Its place in the table, those of the primer first.
        package var number: Int
        /// Constant bytes, and slots in angle brackets.
        package var text: String
        /// The slot that holds the time of the event, counted from one.
        package var clock: Int?
        package var isOfPrimer: Bool
        package var events: Int
    }

    /// One kind of codes and what they cost; of rows, the bytes that they have when unpacked.
    package struct Column: Sendable, Equatable {
        /// `topic`, `template`, `attributes`, `time`, `payload`, `slot`, or `digits`: how the decimal of a slot is printed.
        package var name: String
        package var slot: Slot?
        package var count: CodeCount
    }

    /// Where the codes of a slot belong.
    package struct Slot: Sendable, Equatable {
        package var template: Int
        /// Its place in the template, counted from one.
        package var number: Int
        /// As in ``Template/text``, without the brackets.
        package var kind: String
        /// The constant bytes before it.
        package var before: String
    }

    /// Bytes of the parts; header, body and codes add up to the batch.
    package struct Sizes: Sendable, Equatable {
        package var batch: Int
        package var header: Int
        /// Tables, with the length in front of them, or rows: as they are stored.
        package var body: Int
        package var codes: Int
        /// The body before zstd.
        package var unpacked: Int
        /// What ``unpacked`` consists of where it is tables.
        package var topics: Int
        package var templates: Int
        package var texts: Int
    }

    package var version: Int
    package var isColumns: Bool
    package var isCompressed: Bool
    package var primer: PrimerIdentifier?
    package var firstSequence: UInt64
    package var count: Int
    /// Milliseconds since 1970.
    package var baseTime: Int64
    package var sizes: Sizes
    package var topics: [Topic]
    package var templates: [Template]
    package var columns: [Column]
    /// Zeros behind the last code.
    package var paddingBits: Int

    package var lastSequence: UInt64 { firstSequence + UInt64(count - 1) }

    /// The mode in words.
    package var mode: String {
        let form = isColumns ? "columns" : "rows"
        guard isCompressed else { return form }
        return isColumns ? "columns, tables in zstd" : "rows in zstd"
    }

    /// The base time in UTC (ISO 8601), or nil outside of years 0 to 9999.
    package var baseTimeText: String? {
        guard let style = TimeText.Style(rawValue: 2) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 26)
        let time = TimeText(value: baseTime, style: style)
        let length = bytes.withUnsafeMutableBufferPointer { time.print(into: $0) }
        return length.map { String(decoding: bytes[..<$0], as: UTF8.self) + "Z" }
    }
}
