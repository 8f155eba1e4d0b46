// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
package import UplinkFrames

/// What became of a batch's bytes when they were opened.
package enum OpenedBatch: Sendable {
    case events(EventBlock)
    /// It builds on a primer that the agent has not published, or that this hub has lost since.
    case primerWanted(PrimerIdentifier, ClosedRange<UInt64>)
    /// The header says which events it holds, and they cannot be taken.
    case refused(Rejection)
    /// Not even the header is readable, so nobody can say which events to send again.
    case unreadable(String)
}
