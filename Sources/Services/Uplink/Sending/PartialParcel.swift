// SPDX-License-Identifier: Apache-2.0

import Batching
import UplinkFrames

/// A parcel, or a primer, on its way in parts.
///
/// Acknowledgements only come when it is whole, so pings between the parts tell how much of it has arrived.
struct PartialParcel: Sendable {
    enum Load: Sendable {
        /// Of the lane at this place in ``SendMachine/lanes``.
        case parcel(Parcel, position: Int)
        case primer(PrimerIdentifier)
    }

    let load: Load
    var splitter: PartSplitter
    /// Bytes of parts that count as being on their way.
    private(set) var unconfirmed = 0
    private(set) var stamp: PaceMachine.Stamp?
    private var marker: (number: UInt64, bytes: Int, stamp: PaceMachine.Stamp)?

    init(_ load: Load, splitter: PartSplitter) {
        self.load = load
        self.splitter = splitter
    }

    /// The lane's place in ``SendMachine/lanes``; a primer has none.
    var position: Int? {
        if case .parcel(_, let position) = load { position } else { nil }
    }

    /// Whether bytes are on their way that no ping follows.
    var isUnmarked: Bool { marker == nil && unconfirmed > 0 }

    mutating func sent(_ bytes: Int, _ stamp: PaceMachine.Stamp) {
        unconfirmed += bytes
        self.stamp = stamp
    }

    /// A ping leaves behind what was sent so far.
    mutating func mark(_ number: UInt64, at now: Duration) {
        guard isUnmarked, let stamp else { return }
        marker = (number, unconfirmed, stamp)
    }

    /// The ping came back.
    ///
    /// - Returns: what has arrived since the one before.
    mutating func confirmed(_ number: UInt64) -> (Int, PaceMachine.Stamp)? {
        guard let marker, marker.number == number else { return nil }
        self.marker = nil
        unconfirmed -= marker.bytes
        return (marker.bytes, marker.stamp)
    }
}
