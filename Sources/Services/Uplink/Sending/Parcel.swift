// SPDX-License-Identifier: Apache-2.0

package import Batching
package import UplinkFrames

/// What lies ready to be sent for a range of a lane.
package struct Parcel: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// An encoded batch.
        case batch([UInt8])
        case gap(GapNotice)
    }

    package var range: ClosedRange<UInt64>
    package var content: Content
    /// One event by itself, because the hub did not take it with others.
    package var isAlone: Bool
    /// The one that the hub needs to open it.
    package var primer: PrimerIdentifier?

    package init(
        range: ClosedRange<UInt64>,
        content: Content,
        isAlone: Bool = false,
        primer: PrimerIdentifier? = nil
    ) {
        self.range = range
        self.content = content
        self.isAlone = isAlone
        self.primer = primer
    }

    /// The parcel as a frame of the lane with this handle.
    func frame(handle: UInt32) -> Frame {
        switch content {
        case .batch(let bytes): .batch(handle: handle, bytes: bytes)
        case .gap(let notice): .gap(handle: handle, notice)
        }
    }

    /// Bytes of that frame, at most.
    var frameBytes: Int {
        switch content {
        case .batch(let bytes): bytes.count + 6
        case .gap: 28
        }
    }

    /// Events in the parcel; a gap has none.
    var events: UInt64 {
        if case .gap = content { 0 } else { range.upperBound - range.lowerBound + 1 }
    }
}
