// SPDX-License-Identifier: Apache-2.0

/// The packet identifiers in use in one direction of one connection (MQTT 5.0 section 2.2.1).
package struct PacketIDs: Sendable {
    private var inUse: Set<UInt16> = []
    private var last: UInt16 = 0

    package init() {}

    package var count: Int { inUse.count }

    /// The next free identifier; nil when all 65,535 are in use.
    package mutating func take() -> UInt16? {
        guard inUse.count < 65_535 else { return nil }
        repeat {
            last = last == 65_535 ? 1 : last + 1
        } while !inUse.insert(last).inserted
        return last
    }

    /// Gives an identifier back; false when it was not in use.
    package mutating func release(_ id: UInt16) -> Bool {
        inUse.remove(id) != nil
    }
}
