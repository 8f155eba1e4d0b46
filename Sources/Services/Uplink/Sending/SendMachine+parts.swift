// SPDX-License-Identifier: Apache-2.0

import NIOCore
import UplinkFrames

extension SendMachine {
    /// A parcel that is longer than a packet leaves in parts; parcels of other lanes may go between them.
    mutating func beginParts(_ position: Int) {
        let parcel = take(position)
        var encoded = ByteBuffer()
        parcel.frame(handle: lanes[position].handle).encode(into: &encoded)
        assemblies += 1
        let splitter = PartSplitter(encoded, assembly: assemblies, maximumBytes: settings.mtu)
        parts = PartialParcel(position: position, parcel: parcel, splitter: splitter)
    }

    mutating func nextPart(at now: Duration) -> Frame? {
        guard mayLeave(settings.mtu), var partial = parts else { return nil }
        parts = nil
        guard let part = partial.splitter.next() else { return nil }
        let frame = Frame.part(part)
        let bytes = frame.encodedBytes
        spent += UInt64(bytes)
        let stamp = pace.sent(bytes, at: now)
        partial.sent(bytes, stamp)
        if partial.splitter.isDone {
            note(partial.parcel, partial.position, bytes: partial.unconfirmed, stamp)
        } else {
            parts = partial
        }
        return frame
    }
}
