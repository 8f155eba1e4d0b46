// SPDX-License-Identifier: Apache-2.0

package import Events

/// Where a broker hands published events: answers once, from any thread, when they are durable or have been refused.
///
/// The records of the block carry no sequence and no class yet. The changes are of the broker's own records: they become
/// durable with the events, or not at all. The broker bounds what is unanswered, per connection and in all, and stops
/// reading sockets until answers come.
package typealias Ingest = @Sendable (EventBlock, [StateChange], @escaping @Sendable (IngestOutcome) -> Void) -> Void

/// What became of a block of published events.
package enum IngestOutcome: Sendable, Equatable {
    /// All are durable, or stay local by configuration: acknowledge them.
    case accepted
    /// None is kept; the reason is for the device (MQTT 5 reason string) and the log.
    case refused(reason: String)
}
