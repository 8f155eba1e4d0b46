// SPDX-License-Identifier: Apache-2.0

/// What agent and hub say to each other, whatever transport carries it.
///
/// One frame travels as one message of the transport (one binary WebSocket message); frames know nothing of what is
/// under them.
///
/// ```
/// +----------+-------------------+-----------+
/// | type (1) | body, by the type | check (4) |
/// +----------+-------------------+-----------+
/// ```
/// The check is the lower half of XXH64 over what precedes it. TCP's own sixteen bits let a damaged segment through now
/// and then (Stone and Partridge, When the CRC and TCP Checksum Disagree, SIGCOMM 2000), and a plain `ws://` link has
/// nothing else: a flipped bit in a batch would land as another payload, one in an ack would delete what never landed.
///
/// Integers are LEB128 varints unless a width is given; fixed widths are big-endian; texts and lists carry a varint
/// length or count first. A number has one encoding, the shortest. The types are
///
/// ```
///  1 hello    2 welcome   3 bye     4 lane    5 batch   6 gap
///  7 part     8 ack       9 reject 10 credit 11 ping   12 pong
/// 13 primer  14 primer landed      15 primer wanted    16 primer refused
/// 17 clock   18 clock landed       19 hold
/// 20 content key                   21 sealed
/// 24 seal wanted                   25 seal offer
///
/// +--- batch -------------------+   +--- gap, ack, reject ----------------------+   +--- credit, ping, pong ---+
/// | handle | bytes, to the end  |   | handle | GapNotice, LandedRanges, Rejection |   | number                   |
/// +--------+--------------------+   +--------+-----------------------------------+   +--------------------------+
///
/// +--- primer -----------------------------------+   +--- primer landed, wanted -+   +--- primer refused -------------+
/// | identifier (8) | bytes, to the end           |   | identifier (8)            |   | identifier (8) | PrimerRefusal |
/// +----------------+-----------------------------+   +---------------------------+   +----------------+---------------+
///
/// +--- clock ------+   +--- clock landed -----+
/// | ClockNotice    |   | epoch (8) | ordinal  |
/// +----------------+   +-----------+----------+
///
/// +--- content key -----+   +--- seal wanted ---+   +--- seal offer ---+   +--- sealed --------------------------------+
/// | ContentKeyNotice    |   | scheme            |   | SealOffer        |   | SealedFrame: type and body of a frame     |
/// +---------------------+   +-------------------+   +------------------+   +-------------------------------------------+
/// ```
/// Lanes are named by a handle: its index in hello, or the number that `lane` gave it.
///
/// Primers are frames of version 2, spoken only where hello and welcome both are of it:
///
/// ```
/// agent                                        hub
///   | hello: has primers P, Q                    |
///   |------------------------------------------->|
///   |              welcome: takes up to n bytes, |
///   |<-------------------------------- has P ----|
///   | batches that name P                        |
///   |------------------------------------------->|
///   | primer Q, in parts                         |
///   |------------------------------------------->| in the log, synced
///   |<------------------------- primer landed Q -|
///   | batches that name Q                        |
///   |------------------------------------------->|
/// ```
/// Hold is a frame of version 3: a text, empty when the hub takes events again. A hub whose disk is full keeps the connection,
/// gives no credit, and says so.
///
/// A batch that names another primer lands nothing and is answered with `primer wanted`, once; what follows it in its lane
/// is passed over, too, until the agent sends a primer. The agent then has published it again and sends the events once more.
///
/// Clock records are frames of version 3. Each is sent on every connection until its hub said `clock landed`; one that comes
/// again is the same record, and is answered again. What the versions promise each other: <doc:Versions>.
///
/// Where agent and hub seal end to end, four frames come before hello, and all after them is inside ``SealedFrame``: <doc:Sealed>.
package enum Frame: Sendable, Equatable {
    /// Agent to hub, first on every connection.
    case hello(Hello)
    /// Hub to agent: the answer to hello; from here on batches may flow.
    case welcome(Welcome)
    /// Either way: why the connection ends.
    case bye(Bye)
    /// Agent to hub: a lane that hello did not name gets the next handle; or a known one gets a new ceiling.
    case lane(LaneOpening)
    /// Agent to hub: one batch of the lane.
    case batch(handle: UInt32, bytes: [UInt8])
    /// Agent to hub: sample events that batches may build on.
    case primer(UInt64, bytes: [UInt8])
    /// Agent to hub: events given up.
    case gap(handle: UInt32, GapNotice)
    /// Agent to hub: what the clocks said while events were taken.
    case clock(ClockNotice)
    /// Any frame in parts: one assembly per connection and direction.
    case part(Part)
    /// Hub to agent: what of a lane has landed or is a gap, in the hub's log, synced.
    case ack(handle: UInt32, landed: LandedRanges)
    /// Hub to agent: a batch that it cannot take.
    case reject(handle: UInt32, Rejection)
    /// Hub to agent: the primer is in the hub's log, synced; from here on batches may name it.
    case primerLanded(UInt64)
    /// Hub to agent: a batch named a primer that the hub does not have, and did not land.
    case primerWanted(UInt64)
    /// Hub to agent: the hub does not keep this primer.
    case primerRefused(UInt64, PrimerRefusal)
    /// Hub to agent: why nothing lands at present; empty when it does again.
    case hold(String)
    /// Hub to agent: the clock record is in the hub's log, synced.
    case clockLanded(epoch: UInt64, ordinal: UInt32)
    /// Hub to agent: bytes of `batch`, `primer`, `gap`, `clock` and `part` frames that may have been sent in all on this connection.
    case credit(total: UInt64)
    /// Either way; answered with the same number.
    case ping(UInt64)
    case pong(UInt64)
    /// Agent to hub, before hello: seal everything, by this scheme; 1 is the one there is.
    case sealWanted(scheme: UInt32)
    /// Hub to agent: make a content key for this; and, sealed, that the one that was made is taken.
    case sealOffer(SealOffer)
    /// Agent to hub: from here on this key seals.
    case contentKey(ContentKeyNotice)
}
