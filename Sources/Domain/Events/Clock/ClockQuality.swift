// SPDX-License-Identifier: Apache-2.0

/// How far a node's wall clock can be believed at one moment.
package enum ClockQuality: UInt8, Sendable, CaseIterable, Comparable {
    /// It says a time before this program was written: a board without a battery, or a boot before the network.
    case unset = 1
    /// It says a time that can be, and the kernel does not know it to be right.
    case unsynchronised = 2
    /// The kernel follows a time source (adjtimex(2): `STA_UNSYNC` is clear).
    case synchronised = 3

    /// 2024-01-01T00:00:00Z, in milliseconds since 1970: no event was taken before.
    package static let earliest: Int64 = 1_704_067_200_000

    /// What a clock that says `wall` is worth.
    package init(wall: Int64, isSynchronised: Bool) {
        self = wall < Self.earliest ? .unset : isSynchronised ? .synchronised : .unsynchronised
    }

    package static func < (left: ClockQuality, right: ClockQuality) -> Bool { left.rawValue < right.rawValue }

    /// The word in status.
    package var name: String {
        switch self {
        case .unset: "unset"
        case .unsynchronised: "unsynchronised"
        case .synchronised: "synchronised"
        }
    }
}
