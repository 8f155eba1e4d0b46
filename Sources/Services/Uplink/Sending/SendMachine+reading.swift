// SPDX-License-Identifier: Apache-2.0

import Events
import Storage

extension SendMachine {
    /// Whether a lane wants to be read.
    private enum Want {
        case nothing
        case now(BatchRequest)
        case at(Duration)
    }

    /// What the store is to be asked for next: one request at a time that is urgent, and one that is not.
    ///
    /// - Parameter isUrgent: nil for whatever comes first.
    package func nextRequest(at now: Duration, isUrgent: Bool? = nil) -> BatchRequest? {
        for position in order where isUrgent == nil || isUrgent == self.isUrgent(position) {
            guard case .now(var request) = want(position, at: now) else { continue }
            if case .batches = request.purpose {
                request.mostBytes = isLive(position) ? liveBytesAhead : bytesAtATime
                request.primer = primer(for: lanes[position])
                request.held = heldPrimers(for: lanes[position])
                request.takesPlainPacks = primers.areUnwanted || lanes[position].state.node != node
                request.trains = wantsTraining(at: now)
            }
            return request
        }
        return nil
    }

    /// Leaves the processor and the disk to devices for as long as the last reading took.
    ///
    /// A drain that read on at once would make every PUBACK wait behind it on a gateway with few cores. Alarms are read
    /// nevertheless, and so is what costs next to nothing.
    package mutating func rest(after work: Duration, at now: Duration) {
        guard work >= Self.leastWork else { return }
        restUntil = now + min(work, Self.longestRest)
    }

    /// When ``nextRequest(at:isUrgent:)`` may want something that it does not want now, if nothing else happens.
    package func deadline(at now: Duration, isUrgent: Bool? = nil) -> Duration? {
        var earliest: Duration?
        for position in order where isUrgent == nil || isUrgent == self.isUrgent(position) {
            guard case .at(let time) = want(position, at: now) else { continue }
            earliest = min(earliest ?? time, time)
        }
        return earliest
    }

    /// Takes what was read.
    package mutating func answered(_ answer: BatchAnswer, at now: Duration) {
        let request = answer.request
        primers.saw(answer.samples)
        if request.trains { primers.trained(answer.primer, at: now) }
        guard request.generation == generation, let handle = index[request.lane],
            let position = request.isHistorical ? names[handle].historical : names[handle].present
        else { return }
        // What became historical while it was read is read once more, in its turn.
        if case .batches = request.purpose, request.from < lanes[position].next { return }
        switch answer.outcome {
        case .parcels(let parcels): add(parcels, answer, position, at: now)
        case .end: ended(request, position, at: now)
        case .failed: lanes[position].pausedUntil = now + .seconds(1)
        }
    }

    // MARK: What to read

    /// Whether a lane is read beside any backlog.
    private func isUrgent(_ position: Int) -> Bool { isAlarm(lanes[position]) || isLive(lanes[position]) }

    /// Encoded bytes of a backlog that are made at a time: on a slow link a few batches, which leave before more are made.
    private var bytesAtATime: Int { min(max(4 * settings.mtu, 2 * pace.limit), Self.readyBytesPerLane) }

    private func want(_ position: Int, at now: Duration) -> Want {
        let lane = lanes[position]
        if lane.suspects.isEmpty, lane.next > lane.bound, lane.awaitedGaps.isEmpty { return .nothing }
        if let pause = lane.pausedUntil, now < pause { return .at(pause) }
        let mostBytes = isLive(position) ? liveBytesAhead : Self.readyBytesPerLane
        guard !isReadLater(position), lane.readyBytes < mostBytes else { return .nothing }
        if let gap = lane.awaitedGaps.first, lane.gapsMayBeThere {
            return .now(request(lane, gap.lowerBound, through: gap.upperBound, .gap))
        }
        if let suspect = lane.suspects.first {
            return .now(request(lane, suspect.lowerBound, through: suspect.upperBound, .alone))
        }
        let isUrgent = isUrgent(position)
        if !isUrgent, !isFlushing, let restUntil, now < restUntil { return .at(restUntil) }
        guard isUrgent || readyBytes < Self.readyBytesInAll, let unread = lane.unread else { return .nothing }
        // A range that ends before the lane does ends at something that the hub has already.
        let through = lane.isHistorical || unread.upperBound < lane.state.last ? unread.upperBound : nil
        // These get no more events: nothing would ever come to keep their last ones company.
        let isComplete = lane.isHistorical || lane.state.lane.epoch != epoch
        if isAlarm(position) || isFlushing || isComplete {
            return .now(request(lane, unread.lowerBound, through: through, .batches(flush: true)))
        }
        // What would not leave at once may as well wait and grow, unless it is only history that is in its way.
        let mayFlush = lane.ready.isEmpty && (isOpen || isLive(position) && hasHistory)
        return company(lane, unread, through: through, mayFlush: mayFlush, at: now)
    }

    /// Normal and bulk events wait until they fill a packet, or until the oldest has waited for `linger`.
    private func company(
        _ lane: LaneCursor,
        _ unread: ClosedRange<UInt64>,
        through: UInt64?,
        mayFlush: Bool,
        at now: Duration
    ) -> Want {
        let due = (lane.oldestArrival ?? now) + settings.linger
        let count = Double(unread.upperBound - unread.lowerBound) + 1
        if now >= due, mayFlush || through != nil {
            return .now(request(lane, unread.lowerBound, through: through, .batches(flush: true)))
        }
        if count * lane.bytesPerEvent >= Double(settings.batchLimit) {
            return .now(request(lane, unread.lowerBound, through: through, .batches(flush: through != nil)))
        }
        return now >= due ? .nothing : .at(due)
    }

    private func request(
        _ lane: LaneCursor,
        _ from: UInt64,
        through: UInt64?,
        _ purpose: BatchRequest.Purpose
    ) -> BatchRequest {
        BatchRequest(
            lane: lane.state.lane,
            from: from,
            through: through,
            last: lane.state.last,
            purpose: purpose,
            isHistorical: lane.isHistorical,
            isUrgent: isAlarm(lane) || isLive(lane),
            generation: generation
        )
    }

    // MARK: What was read

    private mutating func add(_ parcels: [Parcel], _ answer: BatchAnswer, _ position: Int, at now: Duration) {
        let request = answer.request
        if answer.encodedEvents > 0 {
            lanes[position].bytesPerEvent = Double(answer.encodedBytes) / Double(answer.encodedEvents)
        }
        for parcel in parcels {
            primers.encoded(parcel)
            lanes[position].add(parcel)
            readyBytes += parcel.frameBytes
        }
        let end = parcels.last.map { $0.range.upperBound == .max ? .max : $0.range.upperBound + 1 }
        switch request.purpose {
        case .batches:
            if let end { lanes[position].advance(to: end) }
        case .alone:
            Self.cut(&lanes[position].suspects, to: end ?? .max)
        case .gap:
            // Still an event: the writer has not come to it, and will say when it has.
            lanes[position].gapsMayBeThere = end != nil
            if let end { Self.cut(&lanes[position].awaitedGaps, to: end) }
        }
    }

    /// The first range is done up to `end`.
    private static func cut(_ ranges: inout [ClosedRange<UInt64>], to end: UInt64) {
        guard let first = ranges.first else { return }
        if end > first.upperBound {
            ranges.removeFirst()
        } else if end > first.lowerBound {
            ranges[0] = end...first.upperBound
        }
    }

    private mutating func ended(_ request: BatchRequest, _ position: Int, at now: Duration) {
        switch request.purpose {
        case .batches:
            // The lane said that there is more; it will be there after the next commit, or a little later.
            lanes[position].pausedUntil = now + .milliseconds(10)
        case .alone: Self.cut(&lanes[position].suspects, to: .max)
        case .gap: lanes[position].gapsMayBeThere = false
        }
    }
}
