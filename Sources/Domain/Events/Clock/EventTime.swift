// SPDX-License-Identifier: Apache-2.0

/// When an event was taken, as well as it can be told.
package struct EventTime: Sendable, Equatable {
    /// What the time is worth.
    package enum Quality: UInt8, Sendable, CaseIterable {
        /// The node's clock followed a time source: the time is the event's own.
        case synchronised
        /// The clock was synchronised at another time of the same boot; the difference is measured by uptime.
        case corrected
        /// The clock may be right; nobody knows.
        case unsynchronised
        /// The clock was wrong and never synchronised in that boot: the event lies between what was before and after it,
        /// and the time is the earliest that it can be, or the latest where nothing before is known.
        case bounded
        /// The clock was not set, and nothing else is known.
        case unset
        /// The node sent no clock records.
        case unknown

        /// The word in exports.
        package var name: StaticString {
            switch self {
            case .synchronised: "synchronised"
            case .corrected: "corrected"
            case .unsynchronised: "unsynchronised"
            case .bounded: "bounded"
            case .unset: "unset"
            case .unknown: "unknown"
            }
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var milliseconds: Int64
    package var quality: Quality

    package init(milliseconds: Int64, quality: Quality) {
        self.milliseconds = milliseconds
        self.quality = quality
    }
}
