// SPDX-License-Identifier: Apache-2.0

import NIOCore
import UplinkFrames

extension SendMachine {
    /// A parcel that is longer than a packet leaves in parts; parcels of other lanes may go between them.
    mutating func beginParts(_ position: Int) {
        let parcel = take(position)
        let splitter = split(parcel.frame(handle: lanes[position].handle))
        parts = PartialParcel(.parcel(parcel, position: position), splitter: splitter)
    }

    mutating func split(_ frame: Frame) -> PartSplitter {
        var encoded = ByteBuffer()
        frame.encode(into: &encoded)
        assemblies += 1
        return PartSplitter(encoded, assembly: assemblies, maximumBytes: settings.frameLimit)
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
        if let position = partial.position { share(position, bytes) }
        guard partial.splitter.isDone else {
            parts = partial
            return frame
        }
        switch partial.load {
        case .parcel(let parcel, let position): note(parcel, position, bytes: partial.unconfirmed, stamp)
        case .primer(let identifier): published(identifier, bytes: partial.unconfirmed, stamp)
        }
        return frame
    }
}
