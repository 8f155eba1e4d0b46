// SPDX-License-Identifier: Apache-2.0

/// A change of what a service keeps beside the events: written in the same commit as the events that it comes with.
package enum StateChange: Sendable, Equatable {
    /// Adds a record, or puts it in the place of the one with its number.
    case put(StateRecord)
    case remove(UInt64)

    /// Bytes that it costs to keep in memory and, about, to write.
    package var weight: Int {
        switch self {
        case .put(let record): record.body.count + 64
        case .remove: 64
        }
    }
}
