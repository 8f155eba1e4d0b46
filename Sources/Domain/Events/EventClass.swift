// SPDX-License-Identifier: Apache-2.0

/// How urgent an event is: what is sent first, and what is given up last.
package enum EventClass: UInt8, Sendable, CaseIterable, Comparable {
    /// Leaves at once, overtakes every backlog, is given up last.
    case alarm = 0
    /// The default.
    case normal = 1
    /// Fills what room is left and is given up first.
    case bulk = 2

    /// The most urgent class is the smallest.
    package static func < (left: EventClass, right: EventClass) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The word that users write in `SLUICE_FORWARD` and read in exports.
    package var name: String {
        switch self {
        case .alarm: "alarm"
        case .normal: "normal"
        case .bulk: "bulk"
        }
    }

    /// The class that a user's word names, or nil.
    package init?(name: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}
