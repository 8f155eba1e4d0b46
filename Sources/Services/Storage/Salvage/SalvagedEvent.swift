// SPDX-License-Identifier: Apache-2.0

import Events

/// An event that a checksum proves, with its identity.
struct SalvagedEvent {
    var lane: Lane
    var sequence: UInt64
    var timestamp: Int64
    /// Bytes of topic, attributes and payload.
    var eventBytes: Int
    /// The row as it is kept; valid only during the call that hands it over.
    var body: UnsafeRawBufferPointer
}
