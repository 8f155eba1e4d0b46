// SPDX-License-Identifier: Apache-2.0

/// A lane within one epoch: events of one partition carry one gapless sequence, starting at 1, and are delivered in it.
///
/// The number is `slot * 3 + class`, so that it does not change when `SLUICE_PARTITIONS` does.
package struct Partition: Sendable, Hashable, Comparable {
    /// What goes over the wire and into exports.
    package var number: UInt32

    package init(number: UInt32) {
        self.number = number
    }

    package init(eventClass: EventClass, slot: UInt32) {
        number = slot * 3 + UInt32(eventClass.rawValue)
    }

    /// The class of every event in this partition.
    package var eventClass: EventClass {
        switch number % 3 {
        case 0: .alarm
        case 1: .normal
        default: .bulk
        }
    }

    /// The topic-hash slot.
    package var slot: UInt32 { number / 3 }

    package static func < (left: Partition, right: Partition) -> Bool {
        left.number < right.number
    }
}
