// SPDX-License-Identifier: Apache-2.0

/// A message in a session's backlog, and its record.
struct KeptPick: Sendable {
    var packetID: UInt16
    var number: UInt64
}
