// SPDX-License-Identifier: Apache-2.0

/// How many bytes may be on their way at once: rate times round trip, measured, never more than a dead link allows.
///
/// The rate is what the hub confirmed between the sending of a batch and its acknowledgement, the greatest of the last
/// few round trips (draft-cardwell-iccrg-bbr-congestion-control, delivery rate). While it still grows, the window
/// grows by two bytes for each one confirmed, and by four as long as the round trip shows no sign of a queue, so that a
/// long pipe is full after three of them. A slow link whose round trip stretches is full: what arrives then is its
/// rate, and greater ones seen before are forgotten, such as that of a token bucket which lets the first packets through
/// at once; unless so much came at that rate that it was no bucket: then it is the hub that pauses. Bytes are those of encoded frames, times are since any fixed start.
package struct PaceMachine: Sendable {
    /// What was known when a frame left; comes back with its acknowledgement.
    package struct Stamp: Sendable, Equatable {
        var sentAt: Duration
        var delivered: UInt64
        var deliveredAt: Duration
        /// There was nothing more to send at the time, so that the rate says little.
        var isStarved: Bool
    }

    /// The window before anything was measured: half a second of a 64 kbit/s link.
    package static let initialWindow = 4 << 10
    /// What links that carry it in a quarter of a second never go below.
    private static let usualWindow = 16.0 * 1_024

    /// Bytes per second below which a queue is felt.
    private static let slowLink = 262_144.0
    /// More bytes than a link below that lets through at once: some seconds of it.
    private static let largestBurst = 256 << 10

    private let smallest: Int
    private let quarterTimeout: Double

    /// Bytes sent and not yet confirmed.
    package private(set) var inFlight = 0
    /// Whether the window still grows because the rate does.
    package private(set) var isStarting = true
    private var window = Double(Self.initialWindow)
    private var delivered: UInt64 = 0
    private var deliveredAt: Duration = .zero
    private var starvedUntil: UInt64 = 0

    private var rates = RecentBest(span: .seconds(2), best: { $0 > $1 })
    private var trips = RecentBest(span: .seconds(30), best: { $0 < $1 })
    private var roundEnd: UInt64 = 0
    private var roundIsStarved = false
    private var bestRate = 0.0
    private var roundsWithoutGrowth = 0
    /// Bytes of lately that came faster than on a slow link.
    private var fastBytes = 0
    /// Since when the link is kept almost empty, so that a queue of our own is not taken for distance.
    private var probingSince: Duration?

    /// - Parameters:
    ///   - mtu: payload bytes of one packet; two of them may always be on their way.
    ///   - linkTimeout: silence after which the link counts as dead.
    package init(mtu: Int, linkTimeout: Duration) {
        smallest = 2 * mtu
        quarterTimeout = linkTimeout.inSeconds / 4
    }

    /// Confirmed bytes per second, or 0 before anything was measured.
    package var rate: Double { rates.value ?? 0 }

    /// The shortest time between sending and confirmation seen lately.
    package var roundTrip: Duration? { trips.value.map { .seconds($0) } }

    /// Bytes that may be on their way.
    package var limit: Int {
        guard let rate = rates.value, rate > 0 else { return Self.initialWindow }
        guard probingSince == nil else { return smallest / 2 }
        // Slow links get little more than they can hold, so that an alarm does not wait in a queue; fast ones get what
        // a hub that lands in groups needs.
        let gain = rate < Self.slowLink ? 2.0 : 3.0
        // While it starts, the rate is that of the window and nothing queues up yet.
        guard !isStarting else { return Int(window) }
        let wanted = gain * rate * (trips.value ?? 0)
        let least = max(Double(smallest), min(Self.usualWindow, rate / 4), rate / 50)
        let most = max(Double(smallest), rate * quarterTimeout)
        return Int(min(max(wanted, least), most, 1e9))
    }

    /// Whether a frame of this size may leave; one may always be on its way.
    package func allows(_ bytes: Int) -> Bool {
        inFlight == 0 || inFlight + bytes <= limit
    }

    package mutating func sent(_ bytes: Int, at now: Duration) -> Stamp {
        if inFlight == 0 { deliveredAt = now }
        inFlight += bytes
        return Stamp(
            sentAt: now,
            delivered: delivered,
            deliveredAt: deliveredAt,
            isStarved: delivered < starvedUntil || probingSince != nil
        )
    }

    /// The hub has these bytes.
    package mutating func confirmed(_ bytes: Int, _ stamp: Stamp, at now: Duration) {
        inFlight = max(0, inFlight - bytes)
        delivered += UInt64(bytes)
        deliveredAt = now
        let interval = max((now - stamp.deliveredAt).inSeconds, 1e-5)
        let amount = delivered - stamp.delivered
        let sample = Double(amount) / interval
        // What waits behind other packets is in a queue, even if nothing follows it. An alarm by itself is not: it was
        // the hub that took its time.
        let isQueued = amount > smallest / 2 && isStretched(now - stamp.sentAt)
        if sample >= Self.slowLink {
            fastBytes += bytes
        } else if isQueued, fastBytes <= Self.largestBurst {
            rates.forget()
        }
        if !stamp.isStarved || sample > rate, rates.add(sample, at: now) { fastBytes /= 2 }
        if isStarting, !stamp.isStarved { window = min(window + growth(now - stamp.sentAt) * Double(bytes), 1e9) }
        roundIsStarved = roundIsStarved || stamp.isStarved
        measured(since: stamp.sentAt, at: now)
        if stamp.delivered >= roundEnd { endRound() }
    }

    /// A round trip that was seen otherwise: hello and welcome, ping and pong.
    package mutating func measured(since sentAt: Duration, at now: Duration) {
        let seconds = max((now - sentAt).inSeconds, 1e-5)
        if isStretched(now - sentAt) { isStarting = false }
        if let since = probingSince, sentAt >= since { probingSince = nil }
        rates.span = max(.seconds(2), .seconds(5 * seconds))
        if trips.add(seconds, at: now), rate < Self.slowLink { probingSince = now }
    }

    /// Whether a round trip took so long that what is sent must be queueing up.
    private func isStretched(_ roundTrip: Duration) -> Bool {
        trips.value.map { roundTrip.inSeconds > 2 * $0 + 0.1 } ?? false
    }

    /// By how many bytes the window grows for one that was confirmed.
    ///
    /// Packets that queue up behind each other show in the round trip, long before ``isStretched(_:)``.
    private func growth(_ roundTrip: Duration) -> Double {
        trips.value.map { roundTrip.inSeconds <= 1.25 * $0 } ?? false ? 4 : 2
    }

    /// There is room, but nothing to send.
    package mutating func starved() {
        starvedUntil = delivered + UInt64(inFlight) + 1
    }

    private mutating func endRound() {
        defer {
            roundEnd = delivered
            roundIsStarved = false
        }
        guard isStarting, !roundIsStarved else { return }
        if rate > bestRate * 1.25 {
            bestRate = rate
            roundsWithoutGrowth = 0
        } else {
            roundsWithoutGrowth += 1
            if roundsWithoutGrowth >= 3 { isStarting = false }
        }
    }
}
